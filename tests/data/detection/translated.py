"""The sentences of the detection cases, in scripts without spaces and in Korean."""

SENTENCES = {
    "English": [
        "where is the card that I ordered last week",
        "please send my money back to my account",
        "the app does not let me log in any more",
        "how do I change the address you have for me",
        "I was charged twice for the same order today",
        "can you tell me when the parcel will be here",
    ],
    "Chinese": [
        "我上周订购的那张卡现在在哪里",
        "请把我的钱退回到我的账户里",
        "这个应用不再让我登录我的账户了",
        "我怎样才能更改你们那里的地址",
        "今天同一个订单被扣了我两次钱",
        "你能告诉我包裹什么时候会送到吗",
    ],
    "Japanese": [
        "先週注文したカードはどこにありますか",
        "私のお金を口座に返金してください",
        "アプリにログインできなくなってしまいました",
        "登録されている住所を変更するにはどうすればいいですか",
        "今日同じ注文で二回請求されました",
        "荷物がいつ届くのか教えてもらえますか",
    ],
    "Thai": [
        "บัตรที่ฉันสั่งเมื่อสัปดาห์ที่แล้วอยู่ที่ไหน",
        "กรุณาคืนเงินของฉันเข้าบัญชีของฉัน",
        "แอปไม่ยอมให้ฉันเข้าสู่ระบบอีกต่อไป",
        "ฉันจะเปลี่ยนที่อยู่ที่คุณมีได้อย่างไร",
        "วันนี้ฉันถูกเรียกเก็บเงินสองครั้งสำหรับคำสั่งซื้อเดียวกัน",
        "คุณบอกได้ไหมว่าพัสดุจะมาถึงเมื่อไหร่",
    ],
    "Korean": [
        "지난주에 주문한 카드가 지금 어디에 있나요",
        "제 돈을 제 계좌로 다시 보내 주세요",
        "앱에서 더 이상 로그인이 되지 않아요",
        "등록된 제 주소를 어떻게 변경하나요",
        "오늘 같은 주문으로 두 번 결제되었어요",
        "소포가 언제 도착하는지 알려 주시겠어요",
    ],
}
"""Six sentences that mean the same in each language."""

OTHER_BEGINNINGS = {
    "Chinese": "请问",
    "Japanese": "すみません",
    "Thai": "ขอโทษ",
    "Korean": "저기요 ",
}
"""What makes a second sentence of each."""

LABELS = {
    "Chinese": {"card": "银行卡", "money": "退款", "login": "登录"},
    "Japanese": {"card": "カード", "money": "返金", "login": "ログイン"},
    "Thai": {"card": "บัตร", "money": "เงินคืน", "login": "เข้าสู่ระบบ"},
    "Korean": {"card": "카드", "money": "환불", "login": "로그인"},
}
"""The labels of the detection cases."""
