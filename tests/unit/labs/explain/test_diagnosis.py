"""What a diagnosis says to programs."""

from labs.explain.diagnosis import HEALTHY, Diagnosis, Kind


def test_for_programs_the_class_has_a_name_and_an_exit_code():
    found = Diagnosis(Kind.PATH, "firewall-drop", "it drops", rule="closed").as_dict()
    assert (found["kind"], found["exit_code"], found["rule"]) == ("path", 11, "closed")


def test_healthy_is_zero_and_no_kind_is_an_error_code_of_the_shell():
    assert HEALTHY.as_dict()["exit_code"] == 0
    assert not {1, 2} & set(Kind)
