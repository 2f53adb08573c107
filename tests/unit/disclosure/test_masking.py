"""Numbers that name a person are masked; figures that do not stay readable."""

import pytest

from analysis.disclosure.masking import IDENTITY, MAIL, PHONE, PLATE, check_digit, masked

HIDDEN = [
    ("我的电话13812345678，请回复", f"我的电话{PHONE}，请回复"),
    ("手机138 1234 5678", f"手机{PHONE}"),
    ("手机 138-1234-5678。", f"手机 {PHONE}。"),
    ("打１３８１２３４５６７８找我", f"打{PHONE}找我"),
    ("+86 138 1234 5678", PHONE),
    ("0086-13812345678", PHONE),
    ("1 3 8 1 2 3 4 5 6 7 8", PHONE),
    ("13812345678和13987654321都行", f"{PHONE}和{PHONE}都行"),
    ("座机0734-8123456", f"座机{PHONE}"),
    ("(010) 6512 3456 转 802", f"{PHONE}"),
    ("021－65123456", PHONE),
    ("热线400-810-1234", f"热线{PHONE}"),
    ("电话：8123456", f"电话：{PHONE}"),
    ("微信号：1234567890", f"微信号：{PHONE}"),
    ("身份证430421198507123219", f"身份证{IDENTITY}"),
    ("４３０４２１１９８５０７１２３２１９", IDENTITY),
    ("430421 19850712 321X", IDENTITY),
    ("老证430421850712321号", f"老证{IDENTITY}号"),
    ("护照号E12345678", f"护照号{IDENTITY}"),
    ("写信到 zhang.san+2@example.gov.cn 谢谢", f"写信到 {MAIL} 谢谢"),
    ("ｚｈａｎｇ＠ｅｘａｍｐｌｅ．ｃｎ", MAIL),
    ("湘D12345违停", f"{PLATE}违停"),
    ("湘A·8K3Z2", PLATE),
    ("粤B D12345", PLATE),
    ("京A1234警", PLATE),
]
KEPT = [
    "2025年3月12日14:30去办事，等了90分钟",
    "2025-03-12 10:15:30",
    "20250312",
    "20250312103000",
    "花了13812345678元",
    "投资13,812,345,678元",
    "1381234567.89",
    "衡政发〔2025〕123号",
    "国办发[2024]15号文件第3条",
    "满意度98.76%，比上年高1.23个百分点",
    "办公楼1301室，3号窗口",
    "12345热线打不通",
    "编号2025031200012345678901",
    "面积1200平方米，门牌号158-2",
    "湘江路北口",
    "第430421999999999990号",
]


@pytest.mark.parametrize(("text", "said"), HIDDEN)
def test_what_names_a_person_is_masked(text: str, said: str) -> None:
    assert masked(text) == said


@pytest.mark.parametrize("text", KEPT)
def test_dates_amounts_and_documents_stay(text: str) -> None:
    assert masked(text) == text


def test_masking_twice_changes_nothing_more() -> None:
    for text, _ in HIDDEN:
        assert masked(masked(text)) == masked(text)


def test_check_digit_of_an_identity_number() -> None:
    assert check_digit("11010519491231002") == "X"  # the example of GB 11643
