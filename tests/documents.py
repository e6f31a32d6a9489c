"""JSON documents changed in one place, for tests of what programs say to them."""
import copy

ABSENT = object()  # a field that is taken out


def changed(document, path, value):
    """A copy of the document with the field at `path` (keys and indexes) replaced, or taken out."""
    copied = copy.deepcopy(document)
    at = copied
    for step in path[:-1]:
        at = at[step]
    if value is ABSENT:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return copied
