def test_the_cast_has_the_rights_that_its_names_promise(insider, teammate, outsider, manager, reader, nobody):
    assert insider.actor.scopes("customer", "view") == {"own", "team"}
    assert insider.actor.team_ids == teammate.actor.team_ids
    assert not insider.actor.team_ids & outsider.actor.team_ids
    assert manager.actor.may("customer", "import")
    assert reader.actor.scopes("customer", "view") == {"all"}
    assert not reader.actor.may("customer", "edit")
    assert not nobody.actor.may("customer", "view")
