"""The labs' models, and ways to open, run and compare what was saved."""
