"""The admin's door: wrong passwords, the second factor, and what an editor may do."""

import re
import time
from datetime import timedelta
from functools import partial
from urllib.parse import urlencode

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import Group, Permission, User
from django.core.management import call_command
from django.test import Client, RequestFactory
from django.utils import timezone
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice
from playwright.sync_api import Page, expect
from pytest_django import Settings

from qabank.clients import client_address
from qabank.environment import Misconfigured
from questions.models import Bank, Question
from tests import build
from tests.html import parse, select
from tests.qabank.login import LOGIN, PASSWORD, log_in, networks
from tests.threads import at_once

pytestmark = pytest.mark.django_db

SECOND = "/admin/second-factor/"


@pytest.fixture
def owner() -> User:
    return User.objects.create_superuser("owner", password=PASSWORD)


# Wrong passwords


@pytest.mark.usefixtures("owner")
def test_wrong_passwords_are_refused_by_the_tenth_try_and_the_right_one_with_them() -> None:
    codes = [log_in(Client(), f"wrong {n}").status_code for n in range(10)]
    assert codes[0] == 200
    assert codes[9] == 429
    # Each from a client of its own: neither a cookie nor a process keeps the count.
    response = log_in(Client())
    assert response.status_code == 429
    assert "Too many wrong passwords" in response.content.decode()


@pytest.mark.usefixtures("owner")
def test_another_name_each_time_does_not_help() -> None:
    codes = [log_in(Client(), "wrong", f"name {n}").status_code for n in range(10)]
    assert codes[9] == 429


@pytest.mark.usefixtures("owner")
@pytest.mark.parametrize(
    "header", ["X_FORWARDED_FOR", "FORWARDED", "X_REAL_IP", "CLIENT_IP", "TRUE_CLIENT_IP"]
)
def test_a_forged_header_does_not_help(header: str, settings: Settings) -> None:
    settings.TRUSTED_PROXIES = []
    codes = [
        log_in(Client(), "wrong", **{f"HTTP_{header}": f"203.0.113.{n}"}).status_code
        for n in range(10)
    ]
    assert codes[9] == 429


@pytest.mark.usefixtures("owner")
def test_behind_a_proxy_a_forged_header_does_not_help_either(settings: Settings) -> None:
    settings.TRUSTED_PROXIES = networks("10.0.0.0/8")
    codes = [
        log_in(
            Client(),
            "wrong",
            REMOTE_ADDR="10.0.0.1",
            HTTP_X_FORWARDED_FOR=f"192.0.2.{n}, 203.0.113.9",
        ).status_code
        for n in range(10)
    ]
    assert codes[9] == 429


@pytest.mark.usefixtures("owner")
def test_the_owner_gets_in_from_elsewhere(settings: Settings) -> None:
    settings.TRUSTED_PROXIES = networks("10.0.0.0/8")
    proxy = {"REMOTE_ADDR": "10.0.0.1"}
    for _ in range(10):
        log_in(Client(), "wrong", **proxy, HTTP_X_FORWARDED_FOR="203.0.113.9")
    assert log_in(Client(), **proxy, HTTP_X_FORWARDED_FOR="198.51.100.7").status_code == 302
    # Nor can the attacker lock the owner's address by naming it.
    forged = "198.51.100.7, 203.0.113.9"
    for _ in range(10):
        log_in(Client(), "wrong", **proxy, HTTP_X_FORWARDED_FOR=forged)
    assert log_in(Client(), **proxy, HTTP_X_FORWARDED_FOR="198.51.100.7").status_code == 302


@pytest.mark.usefixtures("owner")
def test_it_is_over_after_a_while(settings: Settings) -> None:
    for _ in range(10):
        log_in(Client(), "wrong")
    assert log_in(Client()).status_code == 429
    for attempt in AccessAttempt.objects.all():
        attempt.attempt_time -= settings.AXES_COOLOFF_TIME * 1.1
        attempt.save()
    assert log_in(Client()).status_code == 302


@pytest.mark.usefixtures("owner")
def test_whoever_is_refused_reads_until_when_and_who_can_help(settings: Settings) -> None:
    for n in range(7):
        log_in(Client(), "wrong", f"name {n}")
    # Two minutes later the eighth: the lock ends when the first seven have expired.
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=3, seconds=30))
    response = log_in(Client(), "wrong", "name 8")
    page = response.content.decode()
    end = timezone.now() + timedelta(minutes=11, seconds=30)
    times = [f"{end + timedelta(minutes=more):%H:%M} UTC" for more in (0, 1)]
    assert any(f"Try again in 12 minutes, at {time}." in page for time in times)
    assert "The owner of this site can let you in sooner" in page
    assert "axes_reset_ip 127.0.0.1" in page
    assert 11 * 60 < int(response.headers["Retry-After"]) <= 11.5 * 60
    for attempt in AccessAttempt.objects.all():
        attempt.attempt_time -= timedelta(minutes=11, seconds=31)
        attempt.save()
    assert log_in(Client()).status_code == 302


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("203.0.113.1", "", "203.0.113.1"),
        ("203.0.113.1", "198.51.100.1", "203.0.113.1"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "1.1.1.1, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("10.0.0.1", "1.1.1.1, nonsense", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("::ffff:10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("2001:db8:1:2:3:4:5:6", "", "2001:db8:1:2::"),
        ("10.0.0.1", "2001:db8:1:2:ffff::1", "2001:db8:1:2::"),
        ("", "198.51.100.1", None),
    ],
)
def test_who_the_client_is(
    peer: str, forwarded: str, client: str | None, settings: Settings
) -> None:
    settings.TRUSTED_PROXIES = networks("10.0.0.0/8")
    request = RequestFactory().get("/", REMOTE_ADDR=peer, HTTP_X_FORWARDED_FOR=forwarded)
    assert client_address(request) == client


def test_an_odd_list_of_proxies_is_refused() -> None:
    with pytest.raises(Misconfigured, match="must list IP addresses or networks"):
        networks("10.0.0.0/8, proxy")


@pytest.mark.usefixtures("owner")
@pytest.mark.parametrize("where", ["", "https://evil.example/"])
def test_a_login_that_is_to_lead_nowhere_leads_to_the_admin(client: Client, where: str) -> None:
    given = {"username": "owner", "password": PASSWORD, "next": where}
    answer = client.post(f"{LOGIN}?{urlencode({'next': where})}", given)
    assert answer.headers["Location"] == "/admin/"


# The index


def test_the_owners_index_leads_with_the_bank_and_ends_with_locks_and_devices(
    client: Client, owner: User
) -> None:
    client.force_login(owner)
    page = client.get("/admin/").content.decode()
    apps = re.findall(r'<div class="app-(\w+) module', page)
    assert apps == ["questions", "auth", "axes", "otp_static", "otp_totp"]
    assert "Locks after wrong passwords" in page
    assert page.index("?todo=samples") < page.index("Locks after wrong passwords")


# The second factor


def code(device: TOTPDevice, *, steps: int = 0) -> str:
    """Return the code that an app would show, some steps of half a minute from now."""
    totp = TOTP(device.bin_key, device.step, device.t0, device.digits, device.drift)
    totp.time = time.time() + steps * device.step
    return f"{totp.token():06d}"


def set_up(client: Client, user: User) -> TOTPDevice:
    client.get(SECOND)
    device = TOTPDevice.objects.get(user=user)
    response = client.post(SECOND, {"code": code(device)})
    assert "Recovery codes" in response.content.decode()
    # The next code may be given at once, and the same one never again.
    TOTPDevice.objects.update(last_t=-1)
    return device


def test_nobody_has_to_have_a_second_factor(client: Client, owner: User) -> None:
    assert log_in(client).status_code == 302
    assert client.get("/admin/").status_code == 200


def test_an_app_lists_the_code_under_the_name_of_the_bank(client: Client, owner: User) -> None:
    Bank.objects.update_or_create(defaults={"name": "Fragen: Köln"})
    client.force_login(owner)
    page = parse(client.get(SECOND).content)
    [address] = [a.get("href", "") for a in select(page, "a") if "otpauth:" in a.get("href", "")]
    assert address.startswith("otpauth://totp/Fragen%20K%C3%B6ln%3Aowner?")
    assert "&issuer=Fragen%20K%C3%B6ln&" in f"{address}&"


def test_whoever_has_one_is_asked_for_it(client: Client, owner: User) -> None:
    client.force_login(owner)
    device = set_up(client, owner)
    assert client.get("/admin/").status_code == 200
    client.logout()
    response = client.post(
        f"{LOGIN}?next=/admin/questions/question/",
        {
            "username": "owner",
            "password": PASSWORD,
            "next": "/admin/questions/question/",
        },
        follow=True,
    )
    assert response.redirect_chain[-1][0] == f"{SECOND}?next=%2Fadmin%2Fquestions%2Fquestion%2F"
    assert client.get("/admin/").status_code == 302
    assert (
        client.post(f"{SECOND}?next=/admin/questions/question/", {"code": "000000"}).status_code
        == 200
    )
    TOTPDevice.objects.update(throttling_failure_timestamp=None, throttling_failure_count=0)
    right = client.post(f"{SECOND}?next=/admin/questions/question/", {"code": code(device)})
    assert right.headers["Location"] == "/admin/questions/question/"
    assert client.get("/admin/").status_code == 200


def test_it_can_be_required(client: Client, owner: User, settings: Settings) -> None:
    settings.REQUIRE_SECOND_FACTOR = True
    log_in(client)
    assert client.get("/admin/", follow=True).redirect_chain[-1][0].startswith(SECOND)
    page = client.get(SECOND).content.decode()
    device = TOTPDevice.objects.get()
    assert "<svg" in page
    assert "style=" not in page
    assert "This site asks for a second factor." in page
    assert client.get("/admin/questions/question/").status_code == 302
    client.post(SECOND, {"code": code(device)})
    assert client.get("/admin/questions/question/").status_code == 200
    client.post(SECOND, {"turn_off": ""})
    assert TOTPDevice.objects.filter(confirmed=True).exists()


def test_a_code_counts_once(client: Client, owner: User) -> None:
    client.force_login(owner)
    device = set_up(client, owner)
    other = Client()
    other.force_login(owner)
    given = code(device)
    assert other.post(SECOND, {"code": given}).status_code == 302
    third = Client()
    third.force_login(owner)
    assert "That code is wrong" in third.post(SECOND, {"code": given}).content.decode()


def test_guessing_codes_is_slowed_down(client: Client, owner: User) -> None:
    client.force_login(owner)
    device = set_up(client, owner)
    other = Client()
    other.force_login(owner)
    for _ in range(5):
        other.post(SECOND, {"code": "000000"})
    # Even the right one, until the wait is over.
    answer = other.post(SECOND, {"code": code(device)}).content.decode()
    assert re.search(r"Wait a little: you can try again in \d+ seconds?\.", answer)
    assert other.get("/admin/").status_code == 302


def test_a_recovery_code_replaces_the_app_once(client: Client, owner: User) -> None:
    client.force_login(owner)
    client.get(SECOND)
    page = client.post(SECOND, {"code": code(TOTPDevice.objects.get())}).content.decode()
    codes = re.findall(r"<li><code>(\w+)</code></li>", page)
    assert len(codes) == 8
    for expected in (302, 200):
        other = Client()
        other.force_login(owner)
        assert other.post(SECOND, {"code": codes[0].upper()}).status_code == expected


def test_it_can_be_turned_off_and_its_codes_renewed_only_with_a_code(
    client: Client, owner: User
) -> None:
    client.force_login(owner)
    set_up(client, owner)
    thief = Client()
    thief.force_login(owner)
    for action in ("turn_off", "new_codes"):
        assert "That code is wrong" not in thief.post(SECOND, {action: ""}).content.decode()
        assert TOTPDevice.objects.filter(confirmed=True).exists()
    assert "Recovery codes left: 8" in client.get(SECOND).content.decode()
    assert "Recovery codes" in client.post(SECOND, {"new_codes": ""}).content.decode()
    client.post(SECOND, {"turn_off": ""})
    assert not TOTPDevice.objects.exists()
    assert thief.get("/admin/").status_code == 200


def test_strangers_and_readers_do_not_get_to_it(client: Client) -> None:
    assert client.get(SECOND).headers["Location"] == f"{LOGIN}?next={SECOND}"
    client.force_login(User.objects.create_user("reader"))
    assert client.get(SECOND).status_code == 302


def clients_of(user: User) -> list[Client]:
    clients = [Client() for _ in range(8)]
    for client in clients:
        client.force_login(user)
    return clients


@pytest.mark.django_db(transaction=True)
def test_setting_it_up_many_times_at_once_makes_one_device(owner: User) -> None:
    for _ in range(5):
        pages = at_once(*(partial(client.get, SECOND) for client in clients_of(owner)))
        assert {page.status_code for page in pages} == {200}
        assert TOTPDevice.objects.count() == 1
        TOTPDevice.objects.all().delete()


@pytest.mark.django_db(transaction=True)
def test_of_many_first_codes_at_once_one_counts_and_its_recovery_codes_are_the_only_ones(
    owner: User,
) -> None:
    clients = clients_of(owner)
    clients[0].get(SECOND)
    given = {"code": code(TOTPDevice.objects.get())}
    answers = at_once(*(partial(client.post, SECOND, given) for client in clients))
    shown = [re.findall(r"<li><code>(\w+)</code></li>", a.content.decode()) for a in answers]
    [codes] = [codes for codes in shown if codes]
    assert codes == list(StaticToken.objects.order_by("pk").values_list("token", flat=True))


@pytest.mark.django_db(transaction=True)
def test_recovery_codes_that_are_renewed_many_times_at_once_are_eight(owner: User) -> None:
    client = clients_of(owner)[0]
    set_up(client, owner)
    verified = [Client() for _ in range(8)]
    for other in verified:
        other.cookies = client.cookies
    at_once(*(partial(other.post, SECOND, {"new_codes": ""}) for other in verified))
    assert StaticToken.objects.count() == 8


def test_an_account_with_two_unfinished_devices_can_finish_one(client: Client, owner: User) -> None:
    """As older releases left it."""
    for _ in range(2):
        TOTPDevice.objects.create(user=owner, confirmed=False, name="Authenticator app")
    client.force_login(owner)
    assert client.get(SECOND).status_code == 200
    given = {"code": code(TOTPDevice.objects.earliest("pk"))}
    assert "Recovery codes" in client.post(SECOND, given).content.decode()
    assert client.get("/admin/").status_code == 200


def test_each_of_two_lists_of_recovery_codes_works(client: Client, owner: User) -> None:
    """As older releases left it: an editor who was shown either has to get in."""
    TOTPDevice.objects.create(user=owner)
    for token in ("aaaaaaaa", "bbbbbbbb"):
        StaticDevice.objects.create(user=owner).token_set.create(token=token)
    for token, status in [("bbbbbbbb", 302), ("aaaaaaaa", 302), ("bbbbbbbb", 200)]:
        StaticDevice.objects.update(throttling_failure_timestamp=None)
        other = Client()
        other.force_login(owner)
        assert other.post(SECOND, {"code": token}).status_code == status


def test_it_leads_to_no_other_site(client: Client, owner: User) -> None:
    client.force_login(owner)
    device = set_up(client, owner)
    other = Client()
    other.force_login(owner)
    response = other.post(f"{SECOND}?next=https://evil.example/", {"code": code(device)})
    assert response.headers["Location"] == "/admin/"


def test_somebody_else_can_log_in_instead(client: Client, owner: User) -> None:
    client.force_login(owner)
    set_up(client, owner)
    other = Client()
    other.force_login(owner)
    assert other.post(SECOND, {"log_out": ""}).headers["Location"] == LOGIN
    assert "_auth_user_id" not in other.session


def test_the_owner_cannot_copy_an_editor_s_secret(client: Client, owner: User) -> None:
    editor = User.objects.create_user("editor", is_staff=True)
    device = TOTPDevice.objects.create(user=editor, confirmed=True)
    client.force_login(owner)
    page = client.get(f"/admin/otp_totp/totpdevice/{device.pk}/change/").content.decode()
    assert device.key not in page
    assert client.get(f"/admin/otp_totp/totpdevice/{device.pk}/config/").status_code == 403


def test_logging_in_with_a_second_factor_in_a_browser(
    page: Page, owner: User, settings: Settings
) -> None:
    settings.REQUIRE_SECOND_FACTOR = True
    page.goto("/admin/")
    page.get_by_label("Username").fill("owner")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Set up a second factor")).to_be_visible()
    expect(page.get_by_role("img", name="QR code").locator("svg")).to_be_visible()
    page.get_by_role("textbox", name="Code").fill(code(TOTPDevice.objects.get()))
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_role("heading", name="The bank")).to_be_visible()


# Roles


def test_editors_have_just_what_they_need(editor: Client) -> None:
    index = editor.get("/admin/").content.decode()
    models = re.findall(r'<tr class="model-(\w+)', index)
    assert models == ["bank", "category", "question", "missedsearch"]
    question = build.question()
    for address in (
        "/admin/questions/question/add/",
        f"/admin/questions/question/{question.pk}/change/",
        f"/admin/questions/question/{question.pk}/history/",
        f"/admin/questions/question/{question.pk}/delete/",
        "/admin/questions/question/deleted/",
        "/admin/questions/category/add/",
        f"/admin/questions/category/{question.category.pk}/history/",
        "/admin/questions/category/deleted/",
        "/admin/questions/bank/",
        "/admin/questions/missedsearch/",
    ):
        assert editor.get(address).status_code == 200, address
    for address in (
        f"/admin/questions/category/{question.category.pk}/delete/",
        "/admin/auth/user/",
        "/admin/auth/group/",
        "/admin/axes/accessattempt/",
        "/admin/otp_totp/totpdevice/",
    ):
        assert editor.get(address).status_code == 403, address


def test_an_editor_deletes_a_question_that_had_another_address(editor: Client) -> None:
    question = build.question(slug="one")
    Question.objects.update(slug="two")
    editor.post(f"/admin/questions/question/{question.pk}/delete/", {"post": "yes"})
    assert not Question.objects.exists()


def test_the_group_is_set_right_by_migrate() -> None:
    group = Group.objects.get(name="Editors")
    before = set(group.permissions.values_list("codename", flat=True))
    assert "change_question" in before
    group.permissions.set(Permission.objects.filter(codename="delete_user"))
    call_command("migrate", verbosity=0)
    assert set(group.permissions.values_list("codename", flat=True)) == before
