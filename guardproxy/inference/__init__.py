"""Models and other heavy code, each in worker processes of its own: the serving process never imports them.

`Pool` starts workers and talks to them; `child` is what runs in one; the other modules are what a worker can load.
"""

from guardproxy.inference.pool import MAX_MESSAGE, Overloaded, Pool, WorkerError

__all__ = ["MAX_MESSAGE", "Overloaded", "Pool", "WorkerError"]
