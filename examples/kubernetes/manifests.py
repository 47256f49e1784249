"""Reads the manifests beside this file strictly, checks them against each other, and prints parts of them.

    manifests.py check                      what no schema can check
    manifests.py command CONTAINER          what the container runs, one word a line
    manifests.py probe CONTAINER PROBE      what the probe runs, one word a line
    manifests.py user CONTAINER             UID GID
    manifests.py file CONFIGMAP KEY         a file of a ConfigMap
"""

import pathlib
import sys

import yaml


class Strict(yaml.SafeLoader):
    """A duplicate key is an error; the usual loader uses the last one."""

    def construct_mapping(self, node, deep=False):
        keys = [self.construct_object(key) for key, _ in node.value]
        twice = {key for key in keys if keys.count(key) > 1}
        if twice:
            raise yaml.MarkedYAMLError(problem=f"duplicate keys: {twice}", problem_mark=node.start_mark)
        return super().construct_mapping(node, deep)


def documents():
    directory = pathlib.Path(__file__).parent
    for path in sorted(directory.glob("*.yaml")):
        yield from yaml.load_all(path.read_text(), Strict)


objects = {(one["kind"], one["metadata"]["name"]): one for one in documents()}
deployment = objects["Deployment", "site"]["spec"]
pod = deployment["template"]["spec"]
labels = deployment["template"]["metadata"]["labels"]
containers = {one["name"]: one for one in pod["initContainers"] + pod["containers"]}


def check():
    """Names that must match, and what a pod must not be able to do."""
    for selector in [
        deployment["selector"]["matchLabels"],
        objects["Service", "site"]["spec"]["selector"],
        objects["PodDisruptionBudget", "site"]["spec"]["selector"]["matchLabels"],
    ]:
        assert selector.items() <= labels.items(), f"{selector} does not select {labels}"
    least = objects["PodDisruptionBudget", "site"]["spec"]["minAvailable"]
    assert 0 < least < deployment["replicas"], "no node could ever be drained, or all pods at once"
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    mounts = [mount for one in containers.values() for mount in one["volumeMounts"]]
    assert {mount["name"] for mount in mounts} == set(volumes), "mounts and volumes differ"
    assert all("subPath" not in mount for mount in mounts), "a subPath never changes"
    assert ("ConfigMap", volumes["site"]["configMap"]["name"]) in objects
    ports = {port["name"] for one in containers.values() for port in one.get("ports", [])}
    assert {port["targetPort"] for port in objects["Service", "site"]["spec"]["ports"]} <= ports
    assert pod["securityContext"]["runAsNonRoot"] and pod["automountServiceAccountToken"] is False
    for one in containers.values():
        context = one["securityContext"]
        assert context["allowPrivilegeEscalation"] is False, one["name"]
        assert context["readOnlyRootFilesystem"] and context["capabilities"]["drop"] == ["ALL"], one["name"]
    sidecar = containers["bearerd"]
    assert sidecar["restartPolicy"] == "Always", "bearerd is not a sidecar"
    assert all(f"{probe}Probe" in sidecar for probe in ["startup", "readiness", "liveness"])


def main(what, *names):
    if what == "check":
        check()
    elif what == "command":
        print("\n".join(containers[names[0]]["command"] + containers[names[0]]["args"]))
    elif what == "probe":
        print("\n".join(containers[names[0]][names[1]]["exec"]["command"]))
    elif what == "user":
        print(containers[names[0]]["securityContext"]["runAsUser"], pod["securityContext"]["runAsGroup"])
    elif what == "file":
        print(objects["ConfigMap", names[0]]["data"][names[1]], end="")
    else:
        sys.exit(__doc__)


main(*sys.argv[1:])
