"""Files become clips and clips become files. Import the file that you need: nothing heavy is loaded here."""
