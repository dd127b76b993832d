"""The vocabulary of facts and how people say them, in three languages."""
