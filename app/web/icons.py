"""The icons of the pages: drawn for this project, one stroke, 24 units square, inlined.

An icon never stands alone: words beside it say the same, so readers skip it.
"""

from markupsafe import Markup

DRAWING = Markup('<svg class="i" viewBox="0 0 24 24" aria-hidden="true"><path d="{}"/></svg>')

PATHS = {
    "ask": "M4 5h16v11H9l-5 4zM8 9h8M8 12h5",
    "bill": "M6 3h12v18l-3-2-3 2-3-2-3 2zM9 8h6M9 12h6",
    "box": "M4 8l8-4 8 4v8l-8 4-8-4zM4 8l8 4 8-4M12 12v8",
    "chain": "M3 5h5v4H3zM10 10h5v4h-5zM17 15h4v4h-4zM8 7h4.5v3M15 12h4v3",
    "chart": "M4 20V4M4 20h16M8.5 16v-4M13 16V7M17.5 16v-7",
    "check": "M4 12.5 9.5 18 20 6.5",
    "clock": "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5l3.5 2",
    "cross": "M5 5l14 14M19 5 5 19",
    "euro": "M18 6.5A7 7 0 1 0 18 17.5M4 10.5h9M4 13.5h8",
    "flag": "M6 21V4M6 4h11l-2.5 4L17 12H6",
    "form": "M6 3h12v18H6zM9 8h6M9 12h6M9 16h3",
    "give": (
        "M3 12l4-1 4 2h4a2 2 0 0 1 0 4h-4"
        "M15 15l4.5-2a1.6 1.6 0 0 1 1.5 2.8L14 20l-6-1-5 1zM9 3h9v6H9z"
    ),
    "home": "M3 11 12 4l9 7M6 9.5V20h12V9.5M10 20v-6h4v6",
    "hourglass": "M7 3h10M7 21h10M8 3v4l4 5 4-5V3M8 21v-4l4-5 4 5v4",
    "inbox": "M4 14V6h16v8M4 14v5h16v-5M4 14h4l1.5 2.5h5L16 14h4",
    "info": "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 11v5.5M12 7.5v.2",
    "key": "M8 17a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM12 11h9M17.5 11v4M21 11v3",
    "lamp": "M9 18h6M10 21h4M8 14a6 6 0 1 1 8 0c-1 1-1 1.5-1 2.5H9c0-1 0-1.5-1-2.5",
    "leave": "M14 4H5v16h9M10 12h11M17 8l4 4-4 4",
    "left": "M20 12H4M10 6l-6 6 6 6",
    "right": "M4 12h16M14 6l6 6-6 6",
    "lock": "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
    "mail": "M3 6h18v13H3zM3 7l9 7 9-7",
    "menu": "M3 6h18M3 12h18M3 18h18",
    "page": "M6 3h8l4 4v14H6zM14 3v4h4M9 12h6M9 16h4",
    "pc": "M4 5h16v11H4zM2 20h20",
    "pen": "M5 19l1-4L16 5l3 3L9 18zM14 7l3 3M5 21h14",
    "phone": (
        "M5 3h4l2 5-2.5 2a11 11 0 0 0 5.5 5.5l2-2.5 5 2v4c0 1-1 2-2 2"
        "C10.5 20.5 3.5 13.5 3 5c0-1 1-2 2-2z"
    ),
    "pin": (
        "M12 21c4.5-5 7-8.2 7-11.5a7 7 0 0 0-14 0C5 12.8 7.5 16 12 21z"
        "M12 12a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z"
    ),
    "scan": "M4 8V4h4M16 4h4v4M20 16v4h-4M8 20H4v-4M7 12h10",
    "search": "M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM15.5 15.5 21 21",
    "smile": "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM8 14c1 2 2.5 3 4 3s3-1 4-3M9 9v.5M15 9v.5",
    "sound": "M4 9.5h4L13 5v14l-5-4.5H4zM16.5 8.5a5 5 0 0 1 0 7M19 6a8.5 8.5 0 0 1 0 12",
    "steps": "M3 20h5v-5h5v-5h5V5h3",
    "stop": "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM5.7 5.7l12.6 12.6",
    "swap": "M4 8h13M14 5l3 3-3 3M20 16H7M10 13l-3 3 3 3",
    "torn": "M3 6h8l-2 3 2 3-2 3 2 3H3zM15 6h6v12h-6l2-3-2-3 2-3z",
    "truck": (
        "M2 6h11v11H2zM13 10h5l4 4v3h-9"
        "M6 20a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM17 20a2 2 0 1 0 0-4 2 2 0 0 0 0 4z"
    ),
    "undo": "M4 9h10a5.5 5.5 0 0 1 0 11H8M8.5 4.5 4 9l4.5 4.5",
    "unlock": "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 6.8-1.2",
    "user": "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20.5c.5-4.5 3.5-6.5 7.5-6.5s7 2 7.5 6.5",
    "walk": (
        "M13 5.5a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3zM12.5 8 10 14l3.5 3 1 5M10 14l-3 7.5"
        "M12.5 8 8 10.5 7 14M12.5 8l3 3.5 3.5.5"
    ),
    "warn": "M12 3 2 20h20zM12 9.5v5M12 17.3v.2",
}


def icon(name: str) -> Markup:
    """The drawing of that name; an unknown name is a slip in a template and raises KeyError."""
    return DRAWING.format(PATHS[name])
