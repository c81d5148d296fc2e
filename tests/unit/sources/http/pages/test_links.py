"""A link to the next page is stored without secrets, and leads to the same server only."""

import pytest

from tidegate.sources.http.pages.links import stored_link, url_of_link, with_parameters

URL = "https://us3r:pa55@host:8443/v1/items?key=s3%20cret&limit=10"


@pytest.mark.parametrize(
    ("link", "stored"),
    [
        ("https://host:8443/v1/items?cursor=a%2Bb&key=s3+cret&limit=10", "/v1/items?cursor=a%2Bb"),
        ("/v1/items?limit=50&cursor=c", "/v1/items?limit=50&cursor=c"),
        ("?cursor=c", "/v1/items?cursor=c"),
    ],
)
def test_a_stored_link_lacks_the_values_of_the_declared_url(link: str, stored: str) -> None:
    found = stored_link(URL, URL, link)
    assert found == stored
    again = url_of_link(URL, found)
    assert again.startswith("https://us3r:pa55@host:8443/v1/items?")
    assert again.count("key=s3%20cret") == again.count("limit=") == 1
    assert "limit=50" in again or "50" not in stored


@pytest.mark.parametrize(
    "link",
    ["https://other/v1/items?token=t0p", "http://host:8443/v1/items?token=t0p", "https://host/v1?token=t0p", "ftp://t0p@host"],
)
def test_a_link_to_another_server_is_refused_without_its_values(link: str) -> None:
    with pytest.raises(ValueError, match="another server|without encryption|only http and https") as caught:
        stored_link(URL, URL, link)
    assert "t0p" not in str(caught.value)
    assert "pa55" not in str(caught.value)


def test_a_parameter_replaces_the_one_of_the_same_name() -> None:
    assert with_parameters("http://host/a?page=9&q=x%20y#part", {"page": "ä &"}) == "http://host/a?q=x%20y&page=%C3%A4%20%26"
