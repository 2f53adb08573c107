"""Whatever is posted to whatever address: no page of ours breaks, and a refusal changes nothing."""

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from survey_app.accounts.service import OperatorSpec, create_operator
from survey_app.core.services import Services
from tests.hostile.crawling import Walk, header_faults
from tests.hostile.forms import Form, bent, bodies, forms_in
from tests.hostile.product import Product, fingerprint, make_product
from tests.web.desk import PASSWORD, signed_in

SLOW = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
WITHOUT_FORMS = r"/statistics/|\.(xlsx|csv|zip|json|toml|css|js)|/(plans|years)/|[?&]lang="
TELLTALES = ("Traceback", 'File "/', "sqlalchemy", "werkzeug")


class Target:
    """A product without the guard against foreign forms, whose forms are known."""

    def __init__(self, product: Product) -> None:
        self.product = product
        self.app = product.app
        self.n_admins = 0
        walk = Walk(self.app, signed_in(self.app, "admin").client, most=1)
        walk.leaves_out = WITHOUT_FORMS
        public = ["/", "/c", "/complaint", "/complaint/status", "/admin/login"]
        ways_in = [f"/r/{product.poster}/1", f"/c/{product.codes[0]}"]
        walk.through("/admin/", *public, *ways_in)
        self.forms = forms_in(walk.pages, self.app.url_map)
        self.app.config["WTF_CSRF_ENABLED"] = False

    @property
    def public(self) -> list[Form]:
        return [one for one in self.forms if not one.action.startswith("/admin/")]

    @property
    def operators(self) -> list[Form]:
        return [one for one in self.forms if one.action.startswith("/admin/")]

    def admin(self) -> FlaskClient:
        """A new administrator each time: among the forms are those that lock one out."""
        self.n_admins += 1
        held, login = self.product.held, f"admin-{self.n_admins}"
        spec = OperatorSpec(login, login, "admin")
        create_operator(held.database, held.settings, "tests", spec, PASSWORD)
        self.app.config["WTF_CSRF_ENABLED"] = True
        client = signed_in(self.app, login).client
        self.app.config["WTF_CSRF_ENABLED"] = False
        return client

    def send(self, client: FlaskClient, action: str, body: bytes, kind: str) -> int:
        """Post; whatever comes back tells nothing, and a refusal has changed nothing."""
        database = self.product.held.database
        before = fingerprint(database)
        reply = client.post(action, data=body, content_type=kind)
        assert reply.status_code < 500, (action, reply.status_code)
        assert header_faults(reply, is_https=False) == []
        assert "X-Evil" not in reply.headers
        if reply.mimetype == "text/html":
            assert not any(word in reply.text for word in TELLTALES)
        if reply.status_code >= 400:
            assert fingerprint(database) == before, (action, reply.status_code)
        return reply.status_code


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    product = make_product(tmp_path_factory.mktemp("target"))
    yield Target(product)
    held: Services = product.held
    held.database.dispose()


def fuzz(target: Target, forms: list[Form], client: FlaskClient, data: st.DataObject) -> None:
    action, fields = data.draw(bent(forms))
    body, kind = data.draw(bodies(fields))
    target.send(client, action, body, kind)


def test_the_forms_of_the_product_are_known(target: Target) -> None:
    assert len(target.public) >= 4
    assert len(target.operators) >= 25


@settings(max_examples=30, deadline=None, suppress_health_check=SLOW)
@given(data=st.data())
def test_no_body_breaks_a_page_of_the_public(target: Target, data: st.DataObject) -> None:
    fuzz(target, target.public, target.app.test_client(), data)


@settings(max_examples=30, deadline=None, suppress_health_check=SLOW)
@given(data=st.data())
def test_no_body_breaks_a_page_of_the_operators(target: Target, data: st.DataObject) -> None:
    fuzz(target, target.operators, target.admin(), data)


@pytest.mark.long
@settings(max_examples=300, deadline=None, suppress_health_check=SLOW)
@given(data=st.data())
def test_no_body_breaks_any_page(target: Target, data: st.DataObject) -> None:
    fuzz(target, target.forms, target.admin(), data)
