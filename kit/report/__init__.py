"""Reports: the sound as WAV, and two pages, one complete and one to be served on the other side.

Separate because only this part of the kit needs numpy and jinja2 (the extra `report`).
"""
