"""Finding people in pictures and video, and writing down what was found."""
