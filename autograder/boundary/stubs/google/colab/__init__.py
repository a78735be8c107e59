"""Takes the place of Colab's helpers in a worker, where there is no Drive and no browser."""
