"""A filter on system calls: what no notebook needs and an intruder would try first.

Everything else stays allowed; the namespaces do the main work. The filter is a classic BPF program
that the kernel runs before each call; a process cannot take it off again.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct

from autograder.boundary import linux

ALLOW, DENY, NO_SUCH_CALL = 0x7FFF0000, 0x00050000 | errno.EPERM, 0x00050000 | errno.ENOSYS
LOAD, JUMP_EQUAL, JUMP_SET, JUMP_GREATER_EQUAL, RETURN = 0x20, 0x15, 0x45, 0x35, 0x06
NUMBER, ARCHITECTURE, ARGUMENT_0 = 0, 4, 16  # offsets in struct seccomp_data
AF_UNIX = 1
X32_BIT = 0x40000000
NAMESPACES = 0x7E020000  # every CLONE_NEW* flag

FORBIDDEN = """
    ptrace process_vm_readv process_vm_writev kcmp mount umount2 pivot_root chroot unshare setns
    init_module finit_module delete_module kexec_load reboot swapon swapoff bpf perf_event_open
    keyctl add_key request_key userfaultfd io_uring_setup open_by_handle_at name_to_handle_at
    quotactl acct settimeofday clock_settime syslog personality move_pages fanotify_init
    open_tree move_mount fsopen fsmount mount_setattr
"""

CALLS = {
    "x86_64": dict(  # noqa: C408
        arch=0xC000003E, socket=41, clone=56, clone3=435, ptrace=101, personality=135, acct=163,
        pivot_root=155, chroot=161, settimeofday=164, mount=165, umount2=166, swapon=167,
        swapoff=168, reboot=169, init_module=175, delete_module=176, quotactl=179, syslog=103,
        clock_settime=227, kexec_load=246, add_key=248, request_key=249, keyctl=250, unshare=272,
        move_pages=279, perf_event_open=298, fanotify_init=300, name_to_handle_at=303,
        open_by_handle_at=304, setns=308, process_vm_readv=310, process_vm_writev=311, kcmp=312,
        finit_module=313, bpf=321, userfaultfd=323, io_uring_setup=425, open_tree=428,
        move_mount=429, fsopen=430, fsmount=432, mount_setattr=442,
    ),
    "aarch64": dict(  # noqa: C408
        arch=0xC00000B7, socket=198, clone=220, clone3=435, ptrace=117, personality=92, acct=89,
        pivot_root=41, chroot=51, settimeofday=170, mount=40, umount2=39, swapon=224, swapoff=225,
        reboot=142, init_module=105, delete_module=106, quotactl=60, syslog=116,
        clock_settime=112, kexec_load=104, add_key=217, request_key=218, keyctl=219, unshare=97,
        move_pages=239, perf_event_open=241, fanotify_init=262, name_to_handle_at=264,
        open_by_handle_at=265, setns=268, process_vm_readv=270, process_vm_writev=271, kcmp=272,
        finit_module=273, bpf=280, userfaultfd=282, io_uring_setup=425, open_tree=428,
        move_mount=429, fsopen=430, fsmount=432, mount_setattr=442,
    ),
}  # fmt: skip


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_void_p))


def install() -> None:
    """Put the filter on this process and all that it will start.

    Raises:
        OSError: if the kernel has no seccomp, or this machine's calls are not in the table.
    """
    calls = CALLS.get(os.uname().machine)
    if calls is None:
        raise OSError(errno.ENOSYS, f"no table of system calls for {os.uname().machine}")
    code = ctypes.create_string_buffer(program(calls))
    structure = _Program((len(code) - 1) // 8, ctypes.addressof(code))
    linux.prctl(linux.PR_SET_SECCOMP, 2, ctypes.addressof(structure))


def program(calls: dict[str, int]) -> bytes:
    """The filter's instructions."""
    steps = [
        (LOAD, 0, 0, ARCHITECTURE),
        (JUMP_EQUAL, 1, 0, calls["arch"]),
        (RETURN, 0, 0, DENY),
        (LOAD, 0, 0, NUMBER),
        (JUMP_GREATER_EQUAL, 0, 1, X32_BIT),
        (RETURN, 0, 0, DENY),
        *(step for name in FORBIDDEN.split() for step in _refuse(calls[name], DENY)),
        *_refuse(calls["clone3"], NO_SUCH_CALL),  # its flags lie in memory; clone is used instead
        *_refuse_if(calls["clone"], (JUMP_SET, 0, 1, NAMESPACES)),
        *_refuse_if(calls["socket"], (JUMP_EQUAL, 1, 0, AF_UNIX)),
        (RETURN, 0, 0, ALLOW),
    ]
    return b"".join(struct.pack("<HBBI", *step) for step in steps)


def _refuse(number: int, answer: int) -> list[tuple]:
    return [(JUMP_EQUAL, 0, 1, number), (RETURN, 0, 0, answer)]


def _refuse_if(number: int, test: tuple) -> list[tuple]:
    """Refuse the call if `test` of its first argument falls through to the next instruction."""
    return [
        (JUMP_EQUAL, 0, 4, number),
        (LOAD, 0, 0, ARGUMENT_0),
        test,
        (RETURN, 0, 0, DENY),
        (LOAD, 0, 0, NUMBER),
    ]
