"""Members of a queue's group that are killed at random, and a server that is killed and started again.

ORDERS (20,000) small pictures, KILLS (200) of members, the server's death in the middle; SEED for another course.
"""

import os
import random
import sys
import time

import test_queue
from conftest import DEADLINE, directory  # noqa: F401 (a fixture)

ORDERS, KILLS = int(os.environ.get("ORDERS", "20000")), int(os.environ.get("KILLS", "200"))
MEMBERS = 3

server = test_queue.server
pytestmark = test_queue.pytestmark


def test_killed_members_lose_nothing(directory, server):
    chance = random.Random(int(os.environ.get("SEED", "1")))
    server.add_many("jobs", test_queue.orders(directory, ORDERS))
    members, kills, innings = [], 0, 0
    while server.length("done") < ORDERS:
        members = [member for member in members if member.poll() is None]
        while len(members) < MEMBERS:
            members.append(test_queue.start(directory, server, "-j1", "--results", "done"))
        time.sleep(chance.uniform(0.02, 0.3))
        if kills < KILLS:
            chance.choice(members).kill()
            kills += 1
        if innings == 0 and server.length("done") > ORDERS / 2:
            server.kill()
            server.start()
            innings = 1
    for member in members:
        member.terminate()
        member.wait(timeout=DEADLINE)
    print("%d orders, %d members killed, the server %d times" % (ORDERS, kills, innings), file=sys.stderr)
    test_queue.check_whole(directory, server, ORDERS)
