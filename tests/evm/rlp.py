"""As much RLP as the tests of `evm` need: yellow paper, appendix B."""


def _item(data, at):
    """(start of the payload, its end, is a list) of the item at `at`."""
    first = data[at]
    if first < 0x80:
        return at, at + 1, False
    is_list = first >= 0xc0
    length = first - (0xc0 if is_list else 0x80)
    start = at + 1
    if length > 55:
        size = length - 55
        length = int.from_bytes(data[start:start + size], "big")
        start += size
    return start, start + length, is_list


def items(data):
    """The items of the list `data`, each with its own header."""
    start, end, _ = _item(data, 0)
    out = []
    while start < end:
        _, stop, _ = _item(data, start)
        out.append(data[start:stop])
        start = stop
    return out


def payload(item):
    start, end, _ = _item(item, 0)
    return item[start:end]


def number(item):
    return int.from_bytes(payload(item), "big")


def _header(length, short):
    if length < 56:
        return bytes([short + length])
    size = (length.bit_length() + 7) // 8
    return bytes([short + 55 + size]) + length.to_bytes(size, "big")


def string(content):
    """A string of more than one byte."""
    return _header(len(content), 0x80) + content


def a_list(encoded_items):
    content = b"".join(encoded_items)
    return _header(len(content), 0xc0) + content
