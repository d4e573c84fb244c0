"""What a submission is worth: its cells, its checks, its points."""
