"""The shell, the one folder with system calls: links, tun, interfaces, signals, the loop."""
