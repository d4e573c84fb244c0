"""Files made for whoever collects them. Promise P5."""

from attack_samples.target import Attack, on


def export(name: str, lines: str, says: str, status: str = "graded") -> Attack:
    """An answer that leaves something else than a file with the number."""
    return on(
        "export",
        name,
        "P5",
        "import os\ndef export(number, folder):\n    path = folder + '/answer.txt'\n" + lines,
        says,
        status,
    )


ODD = "which is no regular file"
ATTACKS: list[Attack] = [
    export("a link to a system file", "    os.symlink('/etc/passwd', path)", ODD),
    export("a link to another student's file", "    os.symlink('CANARY_FILE', path)", ODD),
    export("a link into /proc", "    os.symlink('/proc/self/environ', path)", ODD),
    export("a pipe", "    os.mkfifo(path)", ODD),
    export("a socket", "    import socket\n    socket.socket(socket.AF_UNIX).bind(path)", ODD),
    export("a second name of a file elsewhere", "    open('/box/other', 'w').write('7')\n    os.link('/box/other', path)", ODD),
    export("the folder is a link", "    os.rmdir(folder)\n    os.symlink('/etc', folder)", "replaced the folder"),
    export("the folder is gone", "    os.rmdir(folder)", "replaced the folder"),
    export("a sparse file of 200 MB", "    os.truncate(os.open(path, os.O_CREAT | os.O_RDWR), 200 << 20)", "more than 1,048,576 bytes"),
    export("a thousand files", "    [open(f'{folder}/{i}', 'w').close() for i in range(1000)]", "more than 20 files"),
    export("a thousand folders", "    os.makedirs(folder + '/d' * 500)", "more than 8 deep"),
    export("a link to a folder, in a folder", "    os.mkdir(folder + '/d')\n    os.symlink('/etc', folder + '/d/etc')", ODD),
    export("two names of one file", "    open(path, 'w').write('7')\n    os.link(path, folder + '/again')", ODD),
    export("a pipe that somebody writes", "    import threading\n    os.mkfifo(path)\n    threading.Thread(target=lambda: open(path, 'w').write('7'), daemon=True).start()", ODD),
    export("a device", "    import stat\n    os.mknod(path, 0o666 | stat.S_IFBLK, os.makedev(7, 0))", "raised PermissionError"),
    export("another folder in its place", "    os.rename(folder, '/box/elsewhere')\n    os.mkdir(folder)\n    open('/box/elsewhere/answer.txt', 'w').write('7')", r"you wrote \[\]"),
    export("a name that is no text", "    os.close(os.open(os.fsencode(folder) + b'/\\xf0\\x9f\\x98\\x80\\xff\\n', os.O_CREAT))", "whose name is no UTF-8"),
    export("a folder's name that is no text", "    os.makedirs(os.fsencode(folder) + b'/\\xff/d')", "whose name is no UTF-8"),
    export("names as long as can be", "    [open(folder + '/' + chr(97 + i) * 255, 'w').close() for i in range(25)]", "more than 20 files"),
    export("a file that grows while it is read", "    import threading\n    file = open(path, 'wb', buffering=0)\n    def grow():\n        while True: file.write(b'8' * 4096)\n"
           "    threading.Thread(target=grow, daemon=True).start()", "more than 1,048,576 bytes|answer.txt holds 7|could not be stopped"),
    export("a file that another process changes", "    file = os.open(path, os.O_CREAT | os.O_RDWR)\n    if os.fork() == 0:\n        while True: os.pwrite(file, b'8', 0), os.ftruncate(file, 2 << 20), os.ftruncate(file, 1)",
           "more than 1,048,576 bytes|answer.txt holds 7|could not be stopped"),
    export("a name with a line end", "    open(folder + '/answer.txt\\n', 'w').write('7')", "you wrote"),
    export("a file that a thread swaps for a link", "    import threading\n    open(path, 'w').write('8')\n    def swap():\n        while True:\n            try:\n                os.symlink('/etc/passwd', folder + '/n')\n"
           "                os.rename(folder + '/n', path)\n            except OSError: pass\n    threading.Thread(target=swap, daemon=True).start()", ODD + "|answer.txt holds 7|could not be stopped"),
    export("a process that ends when asked", "    os._exit(0)", "ended its own process", "crashed"),
]  # fmt: skip
