"""From a lab's source to its notebooks: read, hold against the rules, strip, write."""
