"""What the people who run the installation want to know: figures, samples of them over time, incidents, the page."""
