"""What the explorers know and how they look when they stand still; see `explorer`.

Each module has four functions: `data(networks)`, a dictionary for JSON that the script reads, all
of it taken from `efficientai`, or from the course's table where that is explored; `draw(data,
path)`, the still picture as an SVG file; `alt(data)`, what that picture shows, for those who do not
see it; `caption(data)`, which stands below the picture and below the controls.
"""
