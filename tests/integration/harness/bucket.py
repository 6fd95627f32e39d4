"""A bucket of one test, and what lies in it."""
import concurrent.futures
import json
import pathlib
import uuid


class Bucket:
    def __init__(self, ceph, name=None):
        self.ceph = ceph
        self.s3 = ceph.client()
        self.name = name or f"test-{uuid.uuid4().hex[:12]}"
        self.s3.create_bucket(Bucket=self.name)

    def objects(self, prefix=""):
        """Keys and sizes."""
        pages = self.s3.get_paginator("list_objects_v2")
        return {item["Key"]: item["Size"]
                for page in pages.paginate(Bucket=self.name, Prefix=prefix)
                for item in page.get("Contents", [])}

    def keys_of(self, backup_id):
        """The keys that belong to one backup."""
        return [k for k in self.objects() if f"/{backup_id}/" in k]

    def manifests(self):
        return [k for k in self.objects() if k.endswith("/manifest.json")]

    def read(self, key):
        return self.s3.get_object(Bucket=self.name, Key=key)["Body"].read()

    def write(self, key, body):
        self.s3.put_object(Bucket=self.name, Key=key, Body=body)

    def remove(self, key):
        self.s3.delete_object(Bucket=self.name, Key=key)

    def fetch(self, backup_id, directory):
        """The objects of a backup as files, named as below its folder."""
        root = pathlib.Path(directory)
        for key in self.keys_of(backup_id):
            path = root / key.split(f"/{backup_id}/", 1)[1]
            path.parent.mkdir(parents=True, exist_ok=True)
            self.s3.download_file(self.name, key, str(path))
        return root

    def let_other_read(self):
        """The other user may look but not touch."""
        self._grant(["s3:ListBucket", "s3:GetObject", "s3:GetBucketLocation"])

    def _grant(self, actions):
        arn = f"arn:aws:s3:::{self.name}"
        self.s3.put_bucket_policy(Bucket=self.name, Policy=json.dumps({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow", "Action": actions,
                "Principal": {"AWS": [
                    f"arn:aws:iam:::user/{self.ceph.other_user}"]},
                "Resource": [arn, arn + "/*"]}]}))

    def destroy(self):
        """Gives the space back. The empty bucket goes with the server:
        removing it takes a while when a gateway has been killed."""
        keys = list(self.objects())
        with concurrent.futures.ThreadPoolExecutor(8) as threads:
            list(threads.map(self.remove, keys))
