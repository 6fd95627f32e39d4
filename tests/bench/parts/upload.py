"""Puts what comes on standard input as objects of 8 MiB, four at once."""
import concurrent.futures
import os
import sys
import threading

import boto3
from botocore.config import Config

PIECE, AT_ONCE = 8 * 1024 * 1024, 4


def main():
    env = os.environ
    s3 = boto3.client(
        "s3", endpoint_url=env["BENCH_ENDPOINT"],
        region_name=env["BENCH_REGION"],
        aws_access_key_id=env["BENCH_ACCESS"],
        aws_secret_access_key=env["BENCH_SECRET"],
        config=Config(s3={"addressing_style": "path"}, proxies={}))
    slots = threading.Semaphore(AT_ONCE + 1)
    puts = []

    def put(number, piece):
        try:
            s3.put_object(Bucket=env["BENCH_BUCKET"],
                          Key=f"stock/{number:08d}", Body=piece)
        finally:
            slots.release()

    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        while True:
            slots.acquire()
            piece = sys.stdin.buffer.read(PIECE)
            if not piece:
                break
            puts.append(pool.submit(put, len(puts), piece))
    for done in puts:
        done.result()


main()
