"""Linux's own answer to where paths lead beneath a directory.

Reads [{"root": str, "path": str, "follow": bool}] and writes, for each, the inode that openat2(2)
opens under RESOLVE_BENEATH, or the name of its error.
"""

import ctypes
import errno
import json
import os
import struct
import sys

OPENAT2 = 437
RESOLVE_NO_MAGICLINKS = 0x02
RESOLVE_BENEATH = 0x08

libc = ctypes.CDLL(None, use_errno=True)


def lead(root, path, follow):
    flags = os.O_PATH | os.O_CLOEXEC | (0 if follow else os.O_NOFOLLOW)
    how = struct.pack("QQQ", flags, 0, RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS)
    # A path of the workspace starts at its root, so its leading slashes mean nothing to the kernel.
    relative = path.lstrip("/") or "."
    directory = os.open(root, os.O_PATH)
    error = errno.EAGAIN
    # With ".." in the path, a rename anywhere on the machine makes the kernel ask for another try.
    while error == errno.EAGAIN:
        file = libc.syscall(OPENAT2, directory, relative.encode(), how, len(how))
        error = 0 if file >= 0 else ctypes.get_errno()
    os.close(directory)
    if file < 0:
        return errno.errorcode[error]
    try:
        return os.fstat(file).st_ino
    finally:
        os.close(file)


json.dump([lead(**case) for case in json.load(sys.stdin)], sys.stdout)
