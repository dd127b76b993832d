"""What a file says of itself when it leaves: a signed C2PA manifest, who signs it, and how it is checked.

Importing the room loads neither c2pa nor cryptography; its files `sign`, `verify` and `certificate` do.
"""
