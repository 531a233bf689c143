"""The files that come with the program, as browsers fetch them."""

import re

from detente.app import faces
from detente.app.console.static import Statics


def test_a_style_sheet_names_its_faces_where_they_are() -> None:
    statics = Statics(faces.static())
    sheet = statics.find(statics.url("console.css").removeprefix("/static/"))
    assert sheet is not None
    named = re.findall(rb'url\("([^"]+)"\)', sheet.data)
    assert len(named) == 7
    for each in named:
        face = statics.find(each.decode().removeprefix("/static/"))
        assert face is not None
        assert face.content_type == "font/woff2"
