"""Small talk in the shipped languages: what visitors say, without punctuation and apostrophes, and what is answered."""

from __future__ import annotations

FILLERS = tuple(
    "everybody|everyone|chatbot|please|again|there|dear|well|very|much|bot|all|now|so|"
    "bitte|lieber|liebe|sil vous plaît|sil vous plait|svp|por favor|per favore|alsjeblieft|alstublieft|proszę|lütfen|"
    "कृपया|من فضلك|请|您|です|ね".split("|")
)


def _phrases(greeting: str, thanks: str, farewell: str, who: str, human: str) -> dict[str, tuple[str, ...]]:
    kinds = {"greeting": greeting, "thanks": thanks, "farewell": farewell, "who": who, "human": human}
    return {kind: tuple(part.strip() for part in listed.split("|")) for kind, listed in kinds.items()}


PHRASES: dict[str, dict[str, tuple[str, ...]]] = {
    "en": _phrases(
        "hi|hello|hey|hiya|howdy|greetings|good morning|good afternoon|good evening|good day|how are you|"
        "how are you doing|how are you today|hows it going|whats up|nice to meet you",
        "thanks|thank you|thank you so much|many thanks|thanks a lot|thx|ty|cheers|great|perfect|awesome|cool|nice|ok|"
        "okay|got it|alright|that helped|that helps|good job|well done",
        "bye|goodbye|good bye|bye bye|see you|see you later|see ya|good night|have a nice day|have a good day|take "
        "care",
        "who are you|what are you|are you a robot|are you a bot|are you human|are you a human|are you real|"
        "are you an ai|am i talking to a robot|am i talking to a bot|what is your name|whats your name|what can you do|"
        "how can you help me|what can you help me with|what can i ask you|what can i ask|help|help me|can you help me",
        "talk to a human|speak to a human|talk to a person|speak to a person|i want to talk to a human|human|human "
        "being|"
        "i want to speak to a human|i want to talk to a person|i want to speak to a person|can i talk to a human|"
        "can i talk to a person|can i speak to a human|can i speak to a person|can i speak to someone|"
        "can i talk to someone|i need a human|real person|a real person|talk to an agent|speak to an agent|live agent|"
        "talk to support|i want to talk to someone|speak to someone|connect me to a human|connect me to an agent|"
        "let me talk to a human|can i talk to a real person|i want a human|human please|live chat|talk to somebody",
    ),
    "de": _phrases(
        "hallo|guten tag|guten morgen|guten abend|moin|servus|grüß gott|grüezi|na|wie geht es dir|wie geht es ihnen|"
        "wie gehts",
        "danke|danke schön|dankeschön|vielen dank|besten dank|herzlichen dank|danke dir|danke ihnen|super|prima|toll|"
        "alles klar|verstanden|gut",
        "tschüss|tschüß|auf wiedersehen|bis bald|bis später|gute nacht|schönen tag|schönen tag noch",
        "wer bist du|wer sind sie|was bist du|bist du ein roboter|bist du ein bot|bist du ein mensch|sind sie ein "
        "mensch|"
        "sind sie ein roboter|wie heißt du|wie heißen sie|was kannst du|was können sie|hilfe|kannst du mir helfen",
        "mit einem menschen sprechen|ich möchte mit einem menschen sprechen|ich will mit einem menschen sprechen|"
        "kann ich mit einem menschen sprechen|ich möchte mit jemandem sprechen|kann ich mit jemandem sprechen|mensch|"
        "mitarbeiter|mit einem mitarbeiter sprechen|ich möchte mit einem mitarbeiter sprechen|echter mensch",
    ),
    "fr": _phrases(
        "bonjour|salut|bonsoir|coucou|comment allez vous|comment vas tu|comment ça va|ça va",
        "merci|merci beaucoup|merci bien|mille mercis|super|parfait|génial|daccord|compris",
        "au revoir|à bientôt|à plus|bonne journée|bonne soirée|bonne nuit|adieu",
        "qui es tu|qui êtes vous|tu es un robot|êtes vous un robot|es tu un robot|es tu humain|êtes vous humain|"
        "comment tappelles tu|comment vous appelez vous|que peux tu faire|que pouvez vous faire|aide|aidez moi",
        "parler à un humain|je veux parler à un humain|je voudrais parler à un humain|parler à une personne|"
        "je veux parler à une personne|je voudrais parler à quelquun|je veux parler à quelquun|parler à un conseiller|"
        "je veux parler à un conseiller|je voudrais parler à un conseiller|un humain|puis je parler à quelquun|"
        "puis je parler à un humain",
    ),
    "es": _phrases(
        "hola|buenos días|buenas tardes|buenas noches|buenas|qué tal|que tal|cómo estás|cómo está|como estas|como esta",
        "gracias|muchas gracias|mil gracias|genial|perfecto|vale|entendido|estupendo|de acuerdo",
        "adiós|adios|hasta luego|hasta pronto|hasta mañana|chao|que tenga un buen día",
        "quién eres|quien eres|quién es usted|quien es usted|eres un robot|eres un bot|eres humano|es usted un robot|"
        "cómo te llamas|como te llamas|qué puedes hacer|que puedes hacer|ayuda|puedes ayudarme",
        "hablar con una persona|quiero hablar con una persona|quiero hablar con un humano|hablar con un humano|"
        "hablar con alguien|quiero hablar con alguien|puedo hablar con alguien|puedo hablar con una persona|"
        "hablar con un agente|quiero hablar con un agente|una persona real|humano|agente",
    ),
    "it": _phrases(
        "ciao|salve|buongiorno|buon giorno|buonasera|buona sera|come stai|come sta|come va",
        "grazie|grazie mille|molte grazie|tante grazie|perfetto|ottimo|capito|va bene|daccordo",
        "arrivederci|a presto|a dopo|buona giornata|buona serata|buonanotte|buona notte|addio",
        "chi sei|chi è lei|sei un robot|sei un bot|sei umano|sei una persona|come ti chiami|cosa puoi fare|"
        "cosa sai fare|aiuto|puoi aiutarmi",
        "parlare con una persona|voglio parlare con una persona|vorrei parlare con una persona|parlare con un umano|"
        "vorrei parlare con qualcuno|voglio parlare con qualcuno|posso parlare con qualcuno|"
        "posso parlare con una persona|parlare con un operatore|vorrei parlare con un operatore|operatore|umano",
    ),
    "pt": _phrases(
        "olá|ola|oi|bom dia|boa tarde|boa noite|tudo bem|como vai|como está|como estás",
        "obrigado|obrigada|muito obrigado|muito obrigada|valeu|perfeito|ótimo|entendi|está bem|certo",
        "tchau|adeus|até logo|até breve|até mais|até amanhã|tenha um bom dia",
        "quem é você|quem és tu|quem és|você é um robô|és um robô|você é humano|é um robô|qual é o seu nome|"
        "como se chama|o que você pode fazer|o que podes fazer|ajuda|pode me ajudar",
        "falar com uma pessoa|quero falar com uma pessoa|falar com um humano|quero falar com um humano|"
        "falar com alguém|quero falar com alguém|posso falar com alguém|posso falar com uma pessoa|"
        "falar com um atendente|quero falar com um atendente|atendente|humano",
    ),
    "nl": _phrases(
        "hoi|hallo daar|goedendag|goedemorgen|goedemiddag|goedenavond|dag|hoe gaat het|hoe gaat het met je|"
        "hoe gaat het met u",
        "dank je|dank je wel|dankjewel|dank u|dank u wel|bedankt|hartelijk dank|fijn|prima zo|oké|duidelijk",
        "tot ziens|doei|dag hoor|tot later|tot straks|fijne dag|fijne dag nog|welterusten",
        "wie ben je|wie ben jij|wie bent u|ben je een robot|bent u een robot|ben je een mens|hoe heet je|wat kun je|"
        "wat kan je|hulp|kun je me helpen|kunt u me helpen",
        "met een mens praten|ik wil met een mens praten|ik wil een mens spreken|met een mens spreken|"
        "kan ik met iemand praten|ik wil iemand spreken|kan ik iemand spreken|een medewerker spreken|"
        "ik wil een medewerker spreken|medewerker|mens",
    ),
    "pl": _phrases(
        "cześć|czesc|dzień dobry|dzien dobry|dobry wieczór|witam|hej|siema|jak się masz|co słychać",
        "dziękuję|dziekuje|dzięki|dzieki|dziękuję bardzo|bardzo dziękuję|wielkie dzięki|super dzięki|rozumiem|"
        "świetnie|dobrze",
        "do widzenia|pa|pa pa|do zobaczenia|na razie|dobranoc|miłego dnia",
        "kim jesteś|kim pan jest|czy jesteś robotem|jesteś robotem|czy jesteś człowiekiem|jesteś człowiekiem|"
        "jak się nazywasz|jak masz na imię|co potrafisz|co umiesz|pomoc|pomocy|czy możesz mi pomóc",
        "rozmowa z człowiekiem|chcę rozmawiać z człowiekiem|chcę porozmawiać z człowiekiem|"
        "czy mogę porozmawiać z człowiekiem|porozmawiać z konsultantem|chcę rozmawiać z konsultantem|"
        "rozmowa z konsultantem|konsultant|człowiek|chcę z kimś porozmawiać",
    ),
    "tr": _phrases(
        "merhaba|selam|günaydın|iyi günler|iyi akşamlar|nasılsın|nasılsınız|naber",
        "teşekkürler|teşekkür ederim|çok teşekkürler|çok teşekkür ederim|sağ ol|sağol|sağ olun|tamam|harika|"
        "mükemmel|anladım",
        "hoşça kal|hoşçakal|hoşça kalın|görüşürüz|güle güle|iyi geceler",
        "sen kimsin|kimsin|siz kimsiniz|sen bir robot musun|robot musun|insan mısın|adın ne|adınız ne|"
        "ne yapabilirsin|neler yapabilirsin|yardım|bana yardım eder misin",
        "bir insanla konuşmak istiyorum|insanla konuşmak istiyorum|biriyle konuşmak istiyorum|"
        "biriyle konuşabilir miyim|bir insanla konuşabilir miyim|temsilciyle konuşmak istiyorum|"
        "müşteri temsilcisi|temsilci|insan",
    ),
    "ar": _phrases(
        "مرحبا|مرحبًا|أهلا|أهلاً|اهلا|السلام عليكم|سلام|صباح الخير|مساء الخير|كيف حالك|كيف الحال",
        "شكرا|شكراً|شكرًا|شكرا جزيلا|شكرًا جزيلاً|شكرا لك|ممتاز|حسنا|حسنًا|تمام|رائع",
        "مع السلامة|إلى اللقاء|وداعا|وداعًا|تصبح على خير|طاب يومك",
        "من أنت|من انت|هل أنت روبوت|هل انت روبوت|هل أنت إنسان|ما اسمك|ماذا يمكنك أن تفعل|مساعدة|هل يمكنك مساعدتي",
        "أريد التحدث إلى شخص|أريد التحدث مع شخص|أريد التحدث إلى إنسان|أريد التحدث مع إنسان|"
        "هل يمكنني التحدث إلى شخص|هل يمكنني التحدث مع شخص|التحدث إلى شخص|التحدث مع موظف|أريد التحدث مع موظف|موظف",
    ),
    "hi": _phrases(
        "नमस्ते|नमस्कार|हैलो|हेलो|हाय|सुप्रभात|शुभ संध्या|आप कैसे हैं|कैसे हैं आप|कैसे हो",
        "धन्यवाद|शुक्रिया|बहुत धन्यवाद|बहुत बहुत धन्यवाद|बहुत शुक्रिया|ठीक है|बढ़िया|समझ गया|समझ गई",
        "अलविदा|फिर मिलेंगे|शुभ रात्रि|बाय",
        "आप कौन हैं|तुम कौन हो|क्या आप रोबोट हैं|क्या तुम रोबोट हो|क्या आप इंसान हैं|आपका नाम क्या है|"
        "तुम्हारा नाम क्या है|आप क्या कर सकते हैं|मदद|मदद करो|क्या आप मेरी मदद कर सकते हैं",
        "मुझे किसी इंसान से बात करनी है|किसी इंसान से बात करनी है|इंसान से बात|मैं किसी से बात करना चाहता हूँ|"
        "क्या मैं किसी इंसान से बात कर सकता हूँ|मुझे किसी व्यक्ति से बात करनी है|एजेंट से बात करनी है|इंसान",
    ),
    "zh": _phrases(
        "你好|您好|嗨|哈喽|早上好|上午好|下午好|晚上好|早安|你好吗|您好吗|你好啊|大家好",
        "谢谢|谢谢你|谢谢您|多谢|非常感谢|感谢|太好了|好的|明白了|知道了|谢啦",
        "再见|拜拜|回头见|晚安|下次见",
        "你是谁|您是谁|你是什么|你是机器人吗|您是机器人吗|你是人吗|你是真人吗|你叫什么|你叫什么名字|你能做什么|"
        "你会什么|帮助|帮帮我|你能帮我吗",
        "人工|人工客服|转人工|转人工客服|我要人工|我要人工客服|我想和真人说话|我想和人说话|真人客服|找人工|"
        "我想联系人工客服|联系客服|我要找客服",
    ),
    "ja": _phrases(
        "こんにちは|こんばんは|おはよう|おはようございます|はじめまして|もしもし|やあ|お元気ですか|元気ですか",
        "ありがとう|ありがとうございます|ありがとうございました|どうもありがとう|どうもありがとうございます|どうも|"
        "助かりました|了解|了解です|わかりました|分かりました|素晴らしい",
        "さようなら|またね|では また|おやすみ|おやすみなさい|失礼します|バイバイ",
        "あなたは誰|あなたは誰ですか|あなたはだれですか|誰ですか|あなたはロボットですか|ロボットですか|人間ですか|"
        "あなたは人間ですか|お名前は|名前は何ですか|何ができますか|何ができるの|助けて|ヘルプ",
        "人と話したい|人と話したいです|人間と話したい|人間と話したいです|担当者と話したい|担当者と話したいです|"
        "オペレーター|オペレーターと話したい|オペレーターにつないで|担当者につないでください|有人チャット",
    ),
}  # fmt: skip


_REPLY_KINDS = ("greeting", "thanks", "farewell", "who", "human", "human_here")


def _replies(*sentences: str) -> dict[str, str]:
    return dict(zip(_REPLY_KINDS, sentences, strict=True))


REPLIES: dict[str, dict[str, str]] = {
    "en": _replies(
        "Hello! What would you like to know?", "You are welcome.", "Goodbye!",
        "I am {name}, a chatbot. I answer from documents and show where each answer stands. What would you like to "
        "know?",
        "I can't connect you with a person from here. Please use the contact details on this website.",
        "You reach a person here: {contact}",
    ),
    "de": _replies(
        "Hallo! Was möchten Sie wissen?", "Gern geschehen.", "Auf Wiedersehen!",
        "Ich bin {name}, ein Chatbot. Ich antworte aus Dokumenten und zeige, wo es steht. Was möchten Sie wissen?",
        "Von hier aus kann ich Sie mit niemandem verbinden. Bitte nutzen Sie die Kontaktdaten auf dieser Website.",
        "Hier erreichen Sie einen Menschen: {contact}",
    ),
    "fr": _replies(
        "Bonjour ! Que souhaitez-vous savoir ?", "Je vous en prie.", "Au revoir !",
        "Je suis {name}, un chatbot. Je réponds à partir de documents et j’indique où. Que souhaitez-vous savoir ?",
        "Je ne peux pas vous mettre en relation d’ici. Merci d’utiliser les coordonnées de ce site.",
        "Vous pouvez joindre une personne ici : {contact}",
    ),
    "es": _replies(
        "¡Hola! ¿Qué le gustaría saber?", "De nada.", "¡Hasta luego!",
        "Soy {name}, un chatbot. Respondo a partir de documentos e indico dónde está. ¿Qué le gustaría saber?",
        "Desde aquí no puedo ponerle con una persona. Use los datos de contacto de este sitio web.",
        "Aquí puede contactar con una persona: {contact}",
    ),
    "it": _replies(
        "Buongiorno! Che cosa desidera sapere?", "Prego.", "Arrivederci!",
        "Sono {name}, un chatbot. Rispondo a partire da documenti e mostro dove si trova. Che cosa desidera sapere?",
        "Da qui non posso metterla in contatto con una persona. Usi i contatti indicati su questo sito.",
        "Qui può contattare una persona: {contact}",
    ),
    "pt": _replies(
        "Olá! O que gostaria de saber?", "De nada.", "Até logo!",
        "Sou {name}, um chatbot. Respondo a partir de documentos e mostro onde está. O que gostaria de saber?",
        "Daqui não consigo ligar você a uma pessoa. Use os contatos indicados neste site.",
        "Aqui pode falar com uma pessoa: {contact}",
    ),
    "nl": _replies(
        "Hallo! Wat wilt u weten?", "Graag gedaan.", "Tot ziens!",
        "Ik ben {name}, een chatbot. Ik antwoord uit documenten en laat zien waar het staat. Wat wilt u weten?",
        "Ik kan u hier niet met iemand doorverbinden. Gebruik de contactgegevens op deze website.",
        "Hier bereikt u een medewerker: {contact}",
    ),
    "pl": _replies(
        "Dzień dobry! Co chcesz wiedzieć?", "Proszę bardzo.", "Do widzenia!",
        "Jestem {name}, chatbot. Odpowiadam na podstawie dokumentów i pokazuję źródło. Co chcesz wiedzieć?",
        "Stąd nie mogę połączyć z człowiekiem. Skorzystaj z danych kontaktowych na tej stronie.",
        "Tu skontaktujesz się z człowiekiem: {contact}",
    ),
    "tr": _replies(
        "Merhaba! Ne öğrenmek istersiniz?", "Rica ederim.", "Hoşça kalın!",
        "Ben {name}, bir sohbet botuyum. Belgelerden yanıtlar ve kaynağını gösteririm. Ne öğrenmek istersiniz?",
        "Sizi buradan biriyle görüştüremiyorum. Lütfen bu sitedeki iletişim bilgilerini kullanın.",
        "Bir yetkiliye buradan ulaşabilirsiniz: {contact}",
    ),
    "ar": _replies(
        "مرحبًا! ماذا تود أن تعرف؟", "على الرحب والسعة.", "إلى اللقاء!",
        "أنا {name}، روبوت دردشة. أجيب من المستندات وأبيّن مصدر الإجابة. ماذا تود أن تعرف؟",
        "لا أستطيع توصيلك بشخص من هنا. يرجى استخدام بيانات الاتصال في هذا الموقع.",
        "يمكنك التواصل مع شخص هنا: {contact}",
    ),
    "hi": _replies(
        "नमस्ते! आप क्या जानना चाहेंगे?", "आपका स्वागत है।", "फिर मिलेंगे!",
        "मैं {name} हूँ, एक चैटबॉट। मैं दस्तावेज़ों से उत्तर देता हूँ और स्रोत दिखाता हूँ। आप क्या जानना चाहेंगे?",
        "मैं यहाँ से आपको किसी व्यक्ति से नहीं जोड़ सकता। कृपया इस वेबसाइट पर दी गई संपर्क जानकारी का उपयोग करें।",
        "यहाँ किसी व्यक्ति से संपर्क करें: {contact}",
    ),
    "zh": _replies(
        "您好！您想了解什么？", "不客气。", "再见！",
        "我是{name}，一个聊天机器人。我根据文档回答，并注明出处。您想了解什么？",
        "我无法在这里为您转接人工。请使用本网站上的联系方式。", "您可以在这里联系人工：{contact}",
    ),
    "ja": _replies(
        "こんにちは。何をお調べしますか？", "どういたしまして。", "またのご利用をお待ちしています。",
        "{name}というチャットボットです。文書をもとに、出典を示してお答えします。何をお調べしますか？",
        "ここから担当者におつなぎすることはできません。このサイトの連絡先をご利用ください。",
        "担当者へのお問い合わせはこちらです：{contact}",
    ),
}  # fmt: skip
