"""What a lab shows and remembers in a learner's kernel: cards, predictions, controls, plots, progress."""
