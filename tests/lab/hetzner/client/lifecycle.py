"""What a user of Hetzner's own client does: `python lifecycle.py ENDPOINT TOKEN`. Prints what it saw, as JSON."""

import json
import sys
import urllib.request
from typing import Any

from hcloud import APIException, Client
from hcloud.actions import ActionFailedException
from hcloud.firewalls import FirewallResource, FirewallRule
from hcloud.images import Image
from hcloud.locations import Location
from hcloud.server_types import ServerType
from hcloud.servers import ServerCreatePublicNetwork

endpoint, token = sys.argv[1:]
key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl lab"
second_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"
client = Client(token=token, api_endpoint=f"{endpoint}/v1", poll_interval=0.02)
# It waits a second and more before it tries again.
client._client._retry_interval_func = lambda retries: 0.01
seen: dict[str, Any] = {}


def code_of(call: Any) -> str:
    try:
        call()
    except APIException as error:
        return str(error.code)
    return "no error"


def inject(**fault: Any) -> None:
    request = urllib.request.Request(f"{endpoint}/lab/faults", json.dumps(fault).encode(), method="POST")
    urllib.request.urlopen(request).close()


ssh_key = client.ssh_keys.create(name="claw", public_key=key, labels={"stack": "prod"})
firewall = client.firewalls.create(
    name="claw",
    rules=[
        FirewallRule(direction="in", protocol="tcp", port="22", source_ips=["0.0.0.0/0", "::/0"]),
        FirewallRule(direction="in", protocol="icmp", source_ips=["0.0.0.0/0"], description="ping"),
    ],
)
for action in firewall.actions or []:
    action.wait_until_finished()
address = client.primary_ips.create(name="claw", type="ipv4", location=Location(name="fsn1"), auto_delete=False).primary_ip
created = client.volumes.create(name="claw", size=10, location=Location(name="fsn1"), format="ext4")
created.action.wait_until_finished()
volume = created.volume
seen["server type refused"] = code_of(
    lambda: client.servers.create(name="old", server_type=ServerType(name="cx32"), image=Image(name="debian-12"))
)
made = client.servers.create(
    name="claw",
    server_type=ServerType(name="cx23"),
    image=Image(name="debian-12"),
    location=Location(name="fsn1"),
    ssh_keys=[ssh_key],
    firewalls=[firewall.firewall],
    public_net=ServerCreatePublicNetwork(ipv4=address, enable_ipv4=True, enable_ipv6=True),
    user_data="#cloud-config\n",
    labels={"stack": "prod"},
)
made.action.wait_until_finished()
for action in made.next_actions:
    action.wait_until_finished()
volume.attach(made.server, automount=False).wait_until_finished()

server = client.servers.get_by_name("claw")
seen["server"] = {
    "status": server.status,
    "type": server.server_type.name,
    "image": server.image.name,
    "location": server.location.name,
    "created": server.created.year > 2000,
    "same address": server.public_net.ipv4.ip == client.primary_ips.get_by_id(address.id).ip,
    "ipv6": server.public_net.ipv6.network,
    "firewalls": [(each.firewall.name, each.status) for each in server.public_net.firewalls],
    "volumes": [each.name for each in server.volumes],
    "protection": server.protection,
}
seen["by label"] = [each.name for each in client.servers.get_all(label_selector="stack=prod")]
seen["nobody"] = client.servers.get_by_name("nobody")
found = client.firewalls.get_by_id(firewall.firewall.id)
seen["rules"] = [[rule.protocol, rule.port, rule.description] for rule in found.rules]
seen["applied to"] = [resource.server.id == server.id for resource in found.applied_to]
pages, page = [], 1
while page is not None:
    listed = client.server_types.get_list(page=page, per_page=7)
    pages.append(len(listed.server_types))
    page = listed.meta.pagination.next_page
seen["pages"] = [pages, sum(pages) == len(client.server_types.get_all())]
seen["locations"] = [each.network_zone for each in client.locations.get_all()]
kind = client.server_types.get_by_name("cx32")
seen["retired"] = [kind.architecture, len(kind.locations), kind.locations[0].deprecation.unavailable_after.year]
seen["image"] = client.images.get_by_name_and_architecture("debian-12", "x86").os_flavor

seen["change running"] = code_of(lambda: server.change_type(ServerType(name="cx33"), upgrade_disk=True))
server.power_off().wait_until_finished()
server.reload()
seen["off"] = server.status
server.change_type(ServerType(name="cx33"), upgrade_disk=True).wait_until_finished()
server.reload()
seen["changed"] = [server.server_type.name, server.primary_disk_size]
server.power_off().wait_until_finished()
server.power_on().wait_until_finished()
server.reload()
seen["on"] = server.status
volume.detach().wait_until_finished()
volume.reload()
seen["detached"] = volume.server
volume.attach(server).wait_until_finished()
volume.resize(20).wait_until_finished()
volume.reload()
seen["attached"] = [volume.server.id == server.id, volume.size, volume.linux_device == f"/dev/disk/by-id/scsi-0HC_Volume_{volume.id}"]

seen["errors"] = {
    "name": code_of(lambda: client.ssh_keys.create(name="claw", public_key=second_key)),
    "key": code_of(lambda: client.ssh_keys.create(name="other", public_key=key)),
    "gone": code_of(lambda: client.servers.get_by_id(7)),
    "token": code_of(Client(token="nobody", api_endpoint=f"{endpoint}/v1").servers.get_all),
    "attached volume": code_of(volume.delete),
    "second attachment": code_of(lambda: volume.attach(server)),
    "firewall in use": code_of(found.delete),
    "address in use": code_of(address.delete),
    "unknown firewall": code_of(lambda: client.firewalls.apply_to_resources(
        found, [FirewallResource(type="server", server=type(server)(client.servers, {"id": 7}))]
    )),
    "small volume": code_of(lambda: client.volumes.create(name="small", size=1, location=Location(name="fsn1"))),
}
server.change_protection(delete=True, rebuild=True).wait_until_finished()
seen["errors"]["protected"] = code_of(server.delete)
server.change_protection(delete=False, rebuild=False).wait_until_finished()
for status, code in [(423, "locked"), (403, "resource_limit_exceeded"), (412, "resource_unavailable")]:
    inject(status=status, code=code)
    seen["errors"][code] = code_of(server.power_on)
# Its own patience: two refusals are none, six are one.
inject(status=429, count=2)
seen["limited"] = code_of(client.servers.get_all)
inject(status=429, count=6)
seen["errors"]["limited"] = code_of(client.servers.get_all)
inject(status=409, count=1)
seen["conflict"] = code_of(client.servers.get_all)
seen["failed"] = None
try:
    failed = client.servers.create(name="broken", server_type=ServerType(name="cx23"), image=Image(name="debian-12"))
    failed.action.wait_until_finished()
except ActionFailedException as error:
    seen["failed"] = error.action.error["code"]

volume.detach().wait_until_finished()
volume.delete()
client.servers.delete(server).wait_until_finished()
client.servers.delete(client.servers.get_by_name("broken")).wait_until_finished()
found.delete()
address.delete()
ssh_key.delete()
seen["left"] = [
    len(resource.get_all())
    for resource in (client.servers, client.volumes, client.firewalls, client.primary_ips, client.ssh_keys)
]
print(json.dumps(seen))
