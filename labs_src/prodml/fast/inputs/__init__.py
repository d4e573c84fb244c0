"""Input pipelines: stores that count what is asked of them, and timelines of what waits for what."""
