"""HTTP, jobs, storage and keys around a pipeline that is handed in at the process entry. Imports no torch."""
