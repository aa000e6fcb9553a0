"""Texts and labels in many languages: a few parts give hundreds of sentences."""

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True)
class Language:
    """Parts of sentences, labels, the names of columns and the encodings of files.

    ``names`` are those of the text and of the label; ``encodings`` are others than Unicode.
    """

    openers: str
    subjects: str
    events: str
    labels: str
    gap: str = " "
    names: tuple[str, str] | None = None
    encodings: tuple[str, ...] = ()

    @property
    def categories(self) -> list[str]:
        """The labels."""
        return self.labels.split("|")

    def sentences(self, count: int, rng: Random) -> list[str]:
        """Return this many sentences, of which no two are equal."""
        parts = [each.split("|") for each in (self.openers, self.subjects, self.events)]
        total = len(parts[0]) * len(parts[1]) * len(parts[2])
        return [self._sentence(number, parts) for number in rng.sample(range(total), count)]

    def _sentence(self, number: int, parts: list[list[str]]) -> str:
        rest, opener = divmod(number, len(parts[0]))
        event, subject = divmod(rest, len(parts[1]))
        return self.gap.join((parts[0][opener], parts[1][subject], parts[2][event]))


LANGUAGES = {
    "English": Language(
        "Hello again|Since last Monday|As I wrote before|For the third time|Sorry to ask|"
        "This morning|In our building|To be honest",
        "the lift next to the stairs|my new bank card|the order from your shop|"
        "the heating in the kitchen|the parcel for my mother|our internet connection|"
        "the tap in the bathroom|the bill for last month",
        "does not work any more|has still not arrived|was much too expensive for me|"
        "should be replaced this week|makes a very loud noise|is better than I expected|"
        "cannot be found anywhere|was repaired very quickly",
        "heating|lift|water|late delivery",
    ),
    "German": Language(
        "Guten Tag|Seit letztem Montag|Wie schon geschrieben|Zum dritten Mal|Entschuldigung|"
        "Heute früh|In unserem Gebäude|Ehrlich gesagt",
        "ist der Aufzug neben der Tür|ist meine neue Bankkarte|ist die Bestellung für Köln|"
        "ist die Heizung in der Küche|ist das Päckchen für meine Mutter|"
        "ist unser Anschluss im Büro|ist der Hahn im Badezimmer|ist die Rechnung für März",
        "leider völlig kaputt|noch immer nicht da|viel zu teuer für mich|"
        "diese Woche zu ersetzen|schon wieder sehr laut|besser als erwartet|"
        "nirgends mehr zu finden|sehr schnell erledigt worden",
        "Heizung|Aufzug|Wasser|späte Lieferung",
        names=("Kommentar", "Kategorie"),
        encodings=("cp1252",),
    ),
    "Polish": Language(
        "Dzień dobry|Od zeszłego poniedziałku|Jak już pisałem|Po raz trzeci|Przepraszam|"
        "Dziś rano|W naszym budynku|Szczerze mówiąc",
        "winda obok schodów|moja nowa karta płatnicza|przesyłka z waszego sklepu|"
        "instalacja w kuchni|paczka dla mojej mamy|nasza sieć w biurze|"
        "bateria w łazience|faktura za zeszły miesiąc",
        "już w ogóle nie działa|jeszcze do mnie nie dotarła|była dla mnie za droga|"
        "powinna być wymieniona|znowu bardzo głośno hałasuje|jest lepsza niż myślałem|"
        "nigdzie się nie znalazła|została szybko naprawiona",
        "ogrzewanie|winda|woda|późna dostawa",
        encodings=("cp1250",),
    ),
    "Russian": Language(
        "Добрый день|С прошлого понедельника|Как я уже писал|Уже третий раз|Простите|"
        "Сегодня утром|В нашем доме|Честно говоря",
        "лифт возле лестницы|новый холодильник|заказ из вашего магазина|"
        "кран на нашей кухне|пакет для моей мамы|наш домашний интернет|"
        "смеситель в ванной|счёт за прошлый месяц",
        "больше не работает|всё ещё не пришёл|был слишком дорогим|"
        "надо заменить на этой неделе|очень громко шумит|лучше чем я ожидал|"
        "нигде не удаётся найти|был исправлен очень быстро",
        "отопление|лифт|вода|поздняя доставка",
        names=("Текст", "Метка"),
        encodings=("cp1251", "koi8-r"),
    ),
    "Greek": Language(
        "Καλημέρα σας|Από την περασμένη Δευτέρα|Όπως έγραψα ήδη|Για τρίτη φορά|Συγγνώμη|"
        "Σήμερα το πρωί|Στο κτίριό μας|Για να είμαι ειλικρινής",
        "ο ανελκυστήρας στη σκάλα|η νέα μου κάρτα|η παραγγελία από το μαγαζί|"
        "η θέρμανση στην κουζίνα|το δέμα για τη μητέρα μου|η σύνδεση στο γραφείο|"
        "η βρύση στο μπάνιο|ο λογαριασμός του μήνα",
        "δεν λειτουργεί πια|δεν έχει φτάσει ακόμα|ήταν πολύ ακριβό για μένα|"
        "πρέπει να αλλάξει σύντομα|κάνει πολύ θόρυβο|είναι καλύτερο απ' όσο περίμενα|"
        "δεν βρίσκεται πουθενά|επισκευάστηκε γρήγορα",
        "θέρμανση|ανελκυστήρας|νερό|καθυστέρηση",
        encodings=("cp1253",),
    ),
    "Arabic": Language(
        "مرحبا|منذ يوم الاثنين الماضي|كما كتبت من قبل|للمرة الثالثة|عفوا على السؤال|"
        "هذا الصباح|في عمارتنا|بصراحة",
        "المصعد بجانب الدرج|بطاقتي المصرفية الجديدة|الطلب من متجركم|التدفئة في المطبخ|"
        "الطرد لوالدتي|الاتصال بالشبكة|الصنبور في الحمام|فاتورة الشهر الماضي",
        "لا يعمل بعد الآن|لم يصل حتى الآن|كان غاليا جدا|يجب استبداله هذا الأسبوع|"
        "يصدر صوتا عاليا|أفضل مما توقعت|لا يمكن العثور عليه|تم إصلاحه بسرعة",
        "تدفئة|مصعد|ماء|تأخير",
        encodings=("cp1256",),
    ),
    "Hindi": Language(
        "नमस्ते|पिछले सोमवार से|जैसा मैंने लिखा था|तीसरी बार|माफ़ कीजिए|आज सुबह|हमारी इमारत में|सच कहूँ तो",
        "सीढ़ी के पास की लिफ्ट|मेरा नया बैंक कार्ड|आपकी दुकान का सामान|रसोई का हीटर|माँ का पार्सल|"
        "हमारा इंटरनेट|स्नानघर का नल|पिछले महीने का बिल",
        "अब काम नहीं करता|अभी तक नहीं आया|बहुत महंगा था|इस हफ्ते बदलना चाहिए|बहुत शोर करता है|"
        "उम्मीद से बेहतर है|कहीं नहीं मिल रहा|जल्दी ठीक हो गया",
        "हीटर|लिफ्ट|पानी|देरी",
    ),
    "Chinese": Language(
        "你好，|从上周一开始，|就像我之前写的，|已经是第三次了，|不好意思，|今天早上，|在我们大楼里，|说实话，",
        "楼梯旁边的电梯|我新办的银行卡|在你们店里的订单|厨房里的暖气|寄给我母亲的包裹|我们家的网络连接|浴室里的水龙头|上个月的账单",
        "完全不能用了|到现在还没有到|对我来说太贵了|这个星期应该更换|发出很大的声音|比我想象的要好|到处都找不到了|很快就修好了",
        "暖气|电梯|供水|配送延误",
        gap="",
        names=("文本", "标签"),
        encodings=("gb18030",),
    ),
    "Japanese": Language(
        "こんにちは、|先週の月曜日から、|前にも書きましたが、|これで三回目ですが、|すみませんが、|今朝から、|うちの建物では、|正直に言うと、",
        "階段の横のエレベーターが|新しい銀行のカードが|お店で注文した商品が|台所の暖房が|母への荷物が|うちのインターネットが|浴室の蛇口が|先月の請求書が",
        "もう使えなくなりました|まだ届いていません|とても高かったです|今週中に交換が必要です|大きな音を出しています|思ったより良かったです|どこにも見つかりません|すぐに直りました",
        "暖房|エレベーター|水道|配達の遅れ",
        gap="",
        names=("本文", "カテゴリ"),
        encodings=("shift_jis", "euc_jp"),
    ),
    "Korean": Language(
        "안녕하세요|지난 월요일부터|전에 말씀드렸듯이|이번이 세 번째인데|죄송하지만|오늘 아침에|우리 건물에서|솔직히 말하면",
        "계단 옆의 승강기가|새로 받은 은행 카드가|가게에서 주문한 물건이|부엌의 난방이|어머니께 보낸 소포가|우리 집 인터넷이|욕실의 수도꼭지가|지난달 청구서가",
        "더 이상 작동하지 않아요|아직도 도착하지 않았어요|너무 비쌌어요|이번 주에 바꿔야 해요|아주 큰 소리를 내요|생각보다 좋았어요|어디에도 없어요|아주 빨리 고쳐졌어요",
        "난방|승강기|수도|배송 지연",
        names=("내용", "라벨"),
        encodings=("euc_kr",),
    ),
    "Thai": Language(
        "สวัสดีครับ|ตั้งแต่วันจันทร์ที่แล้ว|ตามที่เขียนไปก่อนหน้านี้|เป็นครั้งที่สามแล้ว|ขอโทษนะครับ|เมื่อเช้านี้|ในอาคารของเรา|พูดตามตรง",
        "ลิฟต์ข้างบันได|บัตรธนาคารใบใหม่|สินค้าที่สั่งจากร้าน|เครื่องทำความร้อนในครัว|พัสดุของแม่|อินเทอร์เน็ตที่บ้าน|ก๊อกน้ำในห้องน้ำ|ใบแจ้งหนี้เดือนที่แล้ว",
        "ใช้งานไม่ได้อีกแล้ว|ยังมาไม่ถึงเลย|แพงเกินไปสำหรับฉัน|ควรเปลี่ยนในสัปดาห์นี้|ส่งเสียงดังมาก|ดีกว่าที่คิดไว้|หาไม่เจอเลยสักที่|ซ่อมเสร็จเร็วมาก",
        "ความร้อน|ลิฟต์|น้ำประปา|ส่งของล่าช้า",
        gap="",
        names=("ข้อความ", "หมวดหมู่"),
    ),
}
