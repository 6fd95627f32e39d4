"""What lies in a pool that is a folder, and plans of increments in it."""
import json
import subprocess


class InFolder:
    """Part of a world whose pool is in its folder."""

    def make_pool(self, **settings):
        self.folder.mkdir()
        return self.api.want(201, "POST", "/v1/pools", {
            "name": "pool", "storage_type": "local_directory",
            "local_directory": {"path": str(self.folder)}, **settings})

    def of(self, backup):
        """The folder of its objects."""
        return next(p.parent for p in self.folder.rglob("manifest.json")
                    if backup["id"] in p.parts)

    def lines(self, backup):
        """The lines of its index, in their order."""
        found = []
        for piece in sorted((self.of(backup) / "index").iterdir()):
            text = subprocess.run(["zstd", "-dc", piece], check=True,
                                  capture_output=True).stdout
            found += [json.loads(line) for line in text.splitlines()]
        return found


class Steps(InFolder):
    """A plan "steps" whose backups build upon each other."""

    def start(self):
        return self.api.want(202, "POST", "/v1/plans/steps/execute")

    def step(self, warnings=()):
        record = self.ended_backup(self.start())
        assert record["status"] == "completed", record
        assert [w["code"] for w in record["warnings"]] == list(warnings), record
        assert record["depends_on"] == []
        return record

    def manifest(self, backup):
        return self.api.fetch(f"/v1/backups/{backup['id']}/manifest")

    def packs(self, backup):
        return {part["key"] for part in self.manifest(backup)["parts"]}

    def stored_packs(self):
        return {f"../packs/{p.name}"
                for p in self.folder.rglob("packs/*.tar.zst*")}

    def assert_sound(self, backup):
        job = self.api.want(202, "POST",
                            f"/v1/backups/{backup['id']}/verify",
                            {"read": "all"})
        self.api.wait_job(job.get("job_id", job["id"]), 120)
        found = self.record(backup["id"])
        assert found["verify_status"] == "passed", found
