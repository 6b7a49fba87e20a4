"""Become the broker, and die with the gateway: `python -I -S broker_exec.py <parent pid> <uid:gid or ->
<program> [argument …]`.

A script of its own rather than a `preexec_fn`: that would run Python between fork and exec of a process that
may have threads, which can deadlock. Order matters: changing the user clears the parent-death signal
(prctl(2)), so it comes first; the parent is checked last, because it may have died before the signal was
armed.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    parent, owner, *program = sys.argv[1:]
    if owner != "-":
        uid, gid = (int(part) for part in owner.split(":"))
        os.setgroups([])
        os.setresgid(gid, gid, gid)
        os.setresuid(uid, uid, uid)
    # SIGTERM, not SIGKILL: the broker still writes down its retained messages.
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0) != 0:
        sys.exit(f"prctl(PR_SET_PDEATHSIG): {os.strerror(ctypes.get_errno())}")
    if os.getppid() != int(parent):
        sys.exit("the gateway is gone")
    os.execv(program[0], program)  # noqa: S606 - the whole purpose


main()
