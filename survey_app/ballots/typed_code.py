"""Reading a code that was typed or pasted, and telling a person what is wrong with it."""

from forms.normal import normal
from forms.problems import N_
from survey_app.rounds.codes import ALPHABET, LOOKALIKES, TYPED_LENGTH

NOTHING = N_("请输入评议卡上的验证码。")
FOREIGN = N_("第 {place} 位“{character}”不会出现在验证码里，请对照评议卡检查。")
TOO_SHORT = N_("验证码有 {wanted} 位，您输入了 {length} 位，漏了 {missing} 位。")
TOO_LONG = N_("验证码有 {wanted} 位，您输入了 {length} 位，多了 {surplus} 位。")
SLIP = N_("位数对，但有一位输错了，或者相邻的两位颠倒了。请对照评议卡检查。")
_BLANKS = " -_—－\u3000\t\r\n"


def bare(text: str) -> str:
    """The code in what was typed: full-width characters made plain, a pasted address cut off."""
    return normal(text, "NFKC").rpartition("/c/")[2].partition("?")[0]


def what_is_wrong(text: str) -> tuple[str, dict[str, str | int]]:
    """A message id and its values for a text that is not a code."""
    clean = [character for character in bare(text).upper() if character not in _BLANKS]
    wanted, length = TYPED_LENGTH + 1, len(clean)
    if not clean:
        return NOTHING, {}
    for place, character in enumerate(clean, start=1):
        if character.translate(LOOKALIKES) not in ALPHABET:
            return FOREIGN, {"place": place, "character": character}
    if length < wanted:
        return TOO_SHORT, {"wanted": wanted, "length": length, "missing": wanted - length}
    if length > wanted:
        return TOO_LONG, {"wanted": wanted, "length": length, "surplus": length - wanted}
    return SLIP, {}
