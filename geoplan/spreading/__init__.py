"""Work that falls into tasks, spread over whoever does it: this process, or workers; imports errors and progress."""
