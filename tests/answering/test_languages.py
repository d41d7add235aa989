"""Languages written without spaces, and from the right: the right passage is found, quoted, and nothing else answered."""

from __future__ import annotations

import pytest

from app.answering.followups import Turn, make_standalone
from app.answering.trace import Trace
from indexes.words import count_words
from tests.answering.conftest import Bot, teach
from tests.conftest import make_customer

# language -> (documents, {question: words of its answer}, [questions that no document answers])
KNOWN = {
    "thai": (
        {
            "delivery": "การจัดส่ง\n\nเราจัดส่งพัสดุภายในสามวันทำการ การจัดส่งไปยังเกาะใช้เวลาหนึ่งสัปดาห์ ค่าจัดส่งห้าสิบบาท",
            "returns": "การคืนสินค้า\n\nลูกค้าสามารถคืนสินค้าที่ยังไม่ได้ใช้ภายในสี่สิบห้าวัน เงินจะคืนเข้าบัตรเดิมภายในสิบวัน",
            "warranty": "การรับประกัน\n\nเครื่องมือไฟฟ้ามีการรับประกันสองปี แบตเตอรี่ไม่อยู่ในการรับประกัน",
            "opening": "เวลาทำการ\n\nร้านเปิดวันจันทร์ถึงวันเสาร์ตั้งแต่เก้าโมงเช้าถึงหกโมงเย็น วันอาทิตย์ร้านปิด",
        },
        {"คืนสินค้าได้ภายในกี่วัน": "สี่สิบห้าวัน", "เครื่องมือไฟฟ้ามีการรับประกันกี่ปี": "สองปี",
         "ร้านเปิดกี่โมง": "เก้าโมงเช้า", "ค่าจัดส่งเท่าไร": "ห้าสิบบาท"},
        ["ใครชนะฟุตบอลโลกปี 1954", "เมืองหลวงของออสเตรเลียคืออะไร"],
    ),
    "chinese": (
        {
            "delivery": "配送\n\n包裹在三个工作日内送达。送往海岛需要一周时间。运费为五十元。",
            "returns": "退货\n\n未使用的商品可以在四十五天内退货。退款将在十天内退回原银行卡。",
            "warranty": "保修\n\n电动工具的保修期为两年。电池不在保修范围内。",
            "opening": "营业时间\n\n商店周一至周六上午九点到下午六点营业。周日休息。",
        },
        {"商品可以在多少天内退货？": "四十五天", "电动工具的保修期是多久？": "两年", "商店几点开始营业？": "九点",
         "运费是多少？": "五十元"},
        ["谁赢得了1954年世界杯？", "澳大利亚的首都是哪里？"],
    ),
    "japanese": (
        {
            "delivery": "配送\n\n荷物は三営業日以内に配達されます。離島への配達は一週間かかります。送料は五百円です。",
            "returns": "返品\n\n未使用の商品は四十五日以内に返品できます。返金は十日以内に元のカードへ行われます。",
            "warranty": "保証\n\n電動工具の保証期間は二年間です。電池は保証の対象外です。",
            "opening": "営業時間\n\n店は月曜日から土曜日の九時から十八時まで営業しています。日曜日は休みです。",
        },
        {"商品は何日以内に返品できますか？": "四十五日", "電動工具の保証期間はどのくらいですか？": "二年間",
         "店は何時から営業していますか？": "九時", "送料はいくらですか？": "五百円"},
        ["1954年のワールドカップで優勝したのはどこですか？", "オーストラリアの首都はどこですか？"],
    ),
    "arabic": (
        {
            "delivery": "التوصيل\n\nتصل الطرود خلال ثلاثة أيام عمل. يستغرق التوصيل إلى الجزر أسبوعا. تكلفة التوصيل خمسون ريالا.",
            "returns": "الإرجاع\n\nيمكن إرجاع البضائع غير المستعملة خلال خمسة وأربعين يوما. يعاد المبلغ إلى البطاقة نفسها.",
            "warranty": "الضمان\n\nمدة الضمان على الأدوات الكهربائية سنتان. لا يشمل الضمان البطاريات.",
            "opening": "ساعات العمل\n\nيفتح المتجر من الاثنين إلى السبت من التاسعة صباحا. المتجر مغلق يوم الأحد.",
        },
        {"ما مدة الضمان على الأدوات الكهربائية؟": "سنتان", "كم تكلفة التوصيل؟": "خمسون ريالا",
         "خلال كم يوما يمكن إرجاع البضائع؟": "خمسة وأربعين"},
        ["من فاز بكأس العالم عام 1954؟", "ما هي عاصمة أستراليا؟"],
    ),
}  # fmt: skip


@pytest.fixture(scope="module", params=KNOWN)
def speaker(app, request):
    """A chatbot that knows four small documents of one language, and what is asked of it."""
    documents, answered, refused = KNOWN[request.param]
    chatbot_id = make_customer(app, request.param).chatbot_id
    teach(app, chatbot_id, **documents)
    return Bot(app, chatbot_id), answered, refused


def test_a_question_finds_its_passage_and_is_answered_from_it(speaker):
    bot, answered, _ = speaker
    answers = {question: bot.ask(question) for question in answered}
    told = {question: answer for question, answer in answers.items() if answer.state == "grounded"}
    assert len(told) >= 3, "of four, one may ask too differently to be sure"
    for question, answer in told.items():
        assert answered[question] in answer.citations[0].quote, (question, answer.text)
        assert answered[question] in answer.text
        assert count_words(answer.text) <= 100


def test_the_best_passage_is_right_even_where_the_gate_stays_shut(speaker):
    bot, answered, _ = speaker
    for question, words in answered.items():
        trace = Trace()
        bot.stream(question, trace=trace)
        assert words in trace.passages[0].text, question


def test_what_no_document_answers_is_refused(speaker):
    bot, _, refused = speaker
    for question in refused:
        assert bot.ask(question).state == "refused", question


@pytest.mark.parametrize(("question", "before", "carried"), [
    ("それはいくらですか？", "電動工具の保証期間はどのくらいですか？", "電動工具"),
    ("那运费呢？", "商品可以在多少天内退货？", "退货"),
])  # fmt: skip
def test_a_question_that_leans_on_another_carries_its_subject(question, before, carried):
    assert carried in make_standalone(question, [Turn(before)])
