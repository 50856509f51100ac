"""The fixed phrases of messages: one table for each language, the same ids in each.

Nothing is worded freely: a phrase has an id, and a table of phrases is a language. The verbs of
answers and the names of kinds are the same words in all. The tables beside the English one are
this project's own translation, and each message in such a language says so. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable

from wideberth.model.notices import NEITHER_PERMISSION_NOR_GUARANTEE

__all__ = ["PHRASES", "phrases_of", "spoken"]

PHRASES: dict[str, dict[str, str]] = {
    "en": {
        "made-by": "",
        "sentence": NEITHER_PERMISSION_NOR_GUARANTEE,
        "exercise": "EXERCISE",
        "notice": "Notice",
        "withdrawn": "Withdrawn",
        "urgency": "Urgency",
        "routine": "routine",
        "prompt": "prompt",
        "immediate": "immediate",
        "to": "To",
        "from": "From",
        "by-rule": "the mechanism, by rule",
        "about": "About",
        "version": "version",
        "clashes": "Touches",
        "more": "and {count} more",
        "place": "Place",
        "from-time": "Begins",
        "until": "Ends",
        "heights": "Heights above the WGS84 ellipsoid",
        "late": "This was told later than agreed.",
        "changed": "Different from what you were told before",
        "nothing": "nothing",
        "take-off": "Take it off the list: it no longer holds for you.",
        "open-until": "Answers are taken until",
        "answer": "How to answer",
        "by-reply": (
            "Reply to this message, the first line one of: RECEIVED / CANNOT-COMPLY reason /"
            " DISPUTED reason / READ-BACK place; begin; end; lowest m; highest m / STOP words"
        ),
        "by-link": "Or open this page and press a button there; opening it says nothing",
        "by-code": "Or give this code to the desk",
        "contact": "Or call",
        "called": "Please reach",
        "why-called": "A notice to them was not answered as was agreed.",
        "type-it": "What they say by telephone your desk types. An answer to this mail is lost.",
        "stop": "STOP",
        "our-error": "OUR ERROR",
        "doubt": "DOUBT",
        "unverified": "UNVERIFIED: the sender did not prove who it is",
        "sent": "Sent",
        "words": "Words",
        "short-answer": "Reply RECEIVED, CANNOT-COMPLY or DISPUTED with code",
        "warning": "Warning",
        "no-longer": "no longer stands",
        "last-known": "Nothing was heard since: this is what was last known, and not clearance.",
        "conflict": "on their ways they come too close",
        "separation": "too close",
        "incursion": "inside an area",
        "departure": "outside what was told",
        "late notice": "told later than agreed",
        "unacknowledged": "not acknowledged",
        "ceiling": "past a weekly ceiling of notices",
        "red line": "past a line of your own",
        "silence": "nothing is heard of it",
        "implausible": "its reports cannot be right",
        "of": "of",
        "not-shown": "something that is not shown to you",
        "rule": "Rule",
        "apart": "Apart",
        "in-height": "in height",
        "in-time": "Time to the limit",
        "uncertainty": "Uncertainty",
        "since": "Since",
        "standing": "This mail is no list: what stands now is on the page or in the stream.",
        "drill": "DRILL",
        "drill-says": "This is a drill message: no notice, and nothing is told by it.",
        "drill-word": "Word to be read back",
        "drill-reply": "Reply RECEIVED in the first line, then once more: READ-BACK and the word",
        "test": "TEST - nothing of this is real",
        "is-permission": "Is this message a permission? (yes / no)",
        "is-clear": "Does it mean that it is clear when no message comes? (yes / no)",
    },
    "fr": {
        "made-by": "Phrases fixes traduites par le projet wideberth ; le texte anglais fait foi.",
        "sentence": (
            "Ceci confirme la réception ; ce n'est ni une autorisation ni une garantie, et"
            " l'absence de notification ne retire aucune protection."
        ),
        "exercise": "EXERCICE",
        "notice": "Notification",
        "withdrawn": "Retirée",
        "urgency": "Urgence",
        "routine": "courante",
        "prompt": "rapide",
        "immediate": "immédiate",
        "to": "À",
        "from": "De",
        "by-rule": "le mécanisme, selon la règle",
        "about": "Objet",
        "version": "version",
        "clashes": "Touche",
        "more": "et {count} de plus",
        "place": "Lieu",
        "from-time": "Début",
        "until": "Fin",
        "heights": "Hauteurs au-dessus de l'ellipsoïde WGS84",
        "late": "Ceci a été annoncé plus tard que convenu.",
        "changed": "Différent de ce qui vous a été annoncé avant",
        "nothing": "rien",
        "take-off": "À retirer de la liste : cela ne vaut plus pour vous.",
        "open-until": "Réponses acceptées jusqu'à",
        "answer": "Comment répondre",
        "by-reply": (
            "Répondre à ce message, en première ligne : RECEIVED / CANNOT-COMPLY raison /"
            " DISPUTED raison / READ-BACK lieu; début; fin; hauteur min m; max m / STOP mots"
        ),
        "by-link": "Ou ouvrir cette page et y presser un bouton ; l'ouvrir ne dit rien",
        "by-code": "Ou donner ce code au poste",
        "contact": "Ou appeler",
        "called": "Prière de joindre",
        "why-called": "Une notification ne leur a pas valu de réponse comme convenu.",
        "type-it": (
            "Votre poste saisit ce qu'ils disent au téléphone. Une réponse à ce courriel se perd."
        ),
        "stop": "STOP",
        "our-error": "NOTRE ERREUR",
        "doubt": "DOUTE",
        "unverified": "NON VÉRIFIÉ : l'expéditeur n'a pas prouvé qui il est",
        "sent": "Envoyé",
        "words": "Mots",
        "short-answer": "Répondre RECEIVED, CANNOT-COMPLY ou DISPUTED avec le code",
        "warning": "Alerte",
        "no-longer": "n'est plus en cours",
        "last-known": "Rien n'a été reçu depuis : dernier état connu, ce n'est pas un feu vert.",
        "conflict": "sur leurs routes ils se rapprochent trop",
        "separation": "trop proches",
        "incursion": "à l'intérieur d'une zone",
        "departure": "hors de ce qui a été annoncé",
        "late notice": "annoncé plus tard que convenu",
        "unacknowledged": "sans accusé de réception",
        "ceiling": "au-delà du plafond hebdomadaire d'avis",
        "red line": "au-delà d'une de vos propres lignes",
        "silence": "plus aucune nouvelle",
        "implausible": "ses positions ne peuvent être justes",
        "of": "de",
        "not-shown": "quelque chose qui ne vous est pas montré",
        "rule": "Règle",
        "apart": "Distance",
        "in-height": "en hauteur",
        "in-time": "Temps jusqu'à la limite",
        "uncertainty": "Incertitude",
        "since": "Depuis",
        "standing": "Ce courriel n'est pas une liste : voir la page ou le flux pour l'état actuel.",
        "drill": "ESSAI DE LIAISON",
        "drill-says": "Ceci est un essai : ce n'est pas une notification, et il n'annonce rien.",
        "drill-word": "Mot à relire",
        "drill-reply": "Répondre RECEIVED en première ligne, puis encore : READ-BACK et le mot",
        "test": "ÉPREUVE - rien de ceci n'est réel",
        "is-permission": "Ce message est-il une autorisation ? (oui / non)",
        "is-clear": "L'absence de message veut-elle dire que la voie est libre ? (oui / non)",
    },
    "es": {
        "made-by": "Frases fijas traducidas por el proyecto wideberth; vale el texto en inglés.",
        "sentence": (
            "Esto confirma la recepción; no es ni permiso ni garantía, y la falta de aviso no"
            " quita ninguna protección."
        ),
        "exercise": "EJERCICIO",
        "notice": "Aviso",
        "withdrawn": "Retirado",
        "urgency": "Urgencia",
        "routine": "ordinaria",
        "prompt": "rápida",
        "immediate": "inmediata",
        "to": "Para",
        "from": "De",
        "by-rule": "el mecanismo, por regla",
        "about": "Sobre",
        "version": "versión",
        "clashes": "Toca",
        "more": "y {count} más",
        "place": "Lugar",
        "from-time": "Comienza",
        "until": "Termina",
        "heights": "Alturas sobre el elipsoide WGS84",
        "late": "Esto se comunicó más tarde de lo acordado.",
        "changed": "Distinto de lo que se le comunicó antes",
        "nothing": "nada",
        "take-off": "Quítelo de la lista: ya no vale para usted.",
        "open-until": "Se aceptan respuestas hasta",
        "answer": "Cómo responder",
        "by-reply": (
            "Responda a este mensaje, en la primera línea: RECEIVED / CANNOT-COMPLY motivo /"
            " DISPUTED motivo / READ-BACK lugar; inicio; fin; altura mín m; máx m / STOP palabras"
        ),
        "by-link": "O abra esta página y pulse un botón; abrirla no dice nada",
        "by-code": "O dé este código al puesto",
        "contact": "O llame a",
        "called": "Por favor, contacte con",
        "why-called": "Un aviso para ellos no se respondió como se acordó.",
        "type-it": (
            "Lo que digan por teléfono lo escribe su puesto. Una respuesta a este correo se pierde."
        ),
        "stop": "STOP",
        "our-error": "ERROR NUESTRO",
        "doubt": "DUDA",
        "unverified": "NO VERIFICADO: el remitente no ha probado quién es",
        "sent": "Enviado",
        "words": "Palabras",
        "short-answer": "Responda RECEIVED, CANNOT-COMPLY o DISPUTED con el código",
        "warning": "Alerta",
        "no-longer": "ya no está vigente",
        "last-known": "Nada se ha oído desde entonces: es lo último conocido, no una vía libre.",
        "conflict": "en sus rutas se acercan demasiado",
        "separation": "demasiado cerca",
        "incursion": "dentro de una zona",
        "departure": "fuera de lo comunicado",
        "late notice": "comunicado más tarde de lo acordado",
        "unacknowledged": "sin acuse de recibo",
        "ceiling": "por encima del máximo semanal de avisos",
        "red line": "más allá de una línea propia de usted",
        "silence": "no hay noticias",
        "implausible": "sus posiciones no pueden ser correctas",
        "of": "de",
        "not-shown": "algo que no se le muestra",
        "rule": "Regla",
        "apart": "Distancia",
        "in-height": "en altura",
        "in-time": "Tiempo hasta el límite",
        "uncertainty": "Incertidumbre",
        "since": "Desde",
        "standing": "Este correo no es una lista: lo vigente está en la página o en el flujo.",
        "drill": "PRUEBA DE ENLACE",
        "drill-says": "Este es un mensaje de práctica: no es una notificación y no anuncia nada.",
        "drill-word": "Palabra que se debe repetir",
        "drill-reply": "Responder RECEIVED en la primera línea, y otra vez: READ-BACK y la palabra",
        "test": "PRUEBA - nada de esto es real",
        "is-permission": "¿Es este mensaje un permiso? (sí / no)",
        "is-clear": "¿Significa la falta de mensajes que está libre? (sí / no)",
    },
    "ar": {
        "made-by": "العبارات الثابتة ترجمها مشروع wideberth؛ والنص الإنجليزي هو المعتمد.",
        "sentence": ("هذا تأكيد استلام فقط؛ وليس إذنًا ولا ضمانًا، وعدم الإشعار لا يُسقط أي حماية."),
        "exercise": "تمرين",
        "notice": "إشعار",
        "withdrawn": "سُحب",
        "urgency": "درجة الاستعجال",
        "routine": "عادي",
        "prompt": "سريع",
        "immediate": "فوري",
        "to": "إلى",
        "from": "من",
        "by-rule": "الآلية، بحكم القاعدة",
        "about": "بشأن",
        "version": "النسخة",
        "clashes": "يمسّ",
        "more": "و{count} غيرها",
        "place": "المكان",
        "from-time": "البداية",
        "until": "النهاية",
        "heights": "الارتفاعات فوق مجسّم WGS84",
        "late": "أُبلغ عن هذا في وقت متأخر عما اتُّفق عليه.",
        "changed": "مختلف عما أُبلغتم به من قبل",
        "nothing": "لا شيء",
        "take-off": "يُحذف من القائمة: لم يعد ساريًا بالنسبة إليكم.",
        "open-until": "تُقبل الردود حتى",
        "answer": "كيفية الرد",
        "by-reply": (
            "الرد على هذه الرسالة، وفي السطر الأول واحدة من: RECEIVED / CANNOT-COMPLY السبب /"
            " DISPUTED السبب / READ-BACK المكان; البداية; النهاية; الأدنى m; الأعلى m / STOP كلمات"
        ),
        "by-link": "أو فتح هذه الصفحة والضغط على زر فيها؛ فتحها وحده لا يعني شيئًا",
        "by-code": "أو إعطاء هذا الرمز للمكتب",
        "contact": "أو الاتصال بـ",
        "called": "يرجى الوصول إلى",
        "why-called": "لم يُرَدّ على إشعار موجّه إليهم كما اتُّفق عليه.",
        "type-it": "ما يقولونه بالهاتف يكتبه مكتبكم. الرد على هذا البريد يضيع.",
        "stop": "STOP - قف",
        "our-error": "خطأ منّا",
        "doubt": "شك",
        "unverified": "غير متحقَّق منه: لم يُثبت المرسل هويته",
        "sent": "أُرسل",
        "words": "نص الكلام",
        "short-answer": "الرد RECEIVED أو CANNOT-COMPLY أو DISPUTED مع الرمز",
        "warning": "تحذير",
        "no-longer": "لم يعد قائمًا",
        "last-known": "لم يُسمع شيء منذ ذلك الحين: هذا آخر ما عُرف، وليس تصريحًا بالسلامة.",
        "conflict": "على مسارَيهما يقتربان أكثر مما ينبغي",
        "separation": "قريب أكثر مما ينبغي",
        "incursion": "داخل منطقة",
        "departure": "خارج ما أُبلغ عنه",
        "late notice": "أُبلغ عنه متأخرًا عما اتُّفق عليه",
        "unacknowledged": "دون تأكيد استلام",
        "ceiling": "أكثر من الحد الأسبوعي",
        "red line": "تجاوز خطًا من خطوطكم",
        "silence": "لا يُسمع عنه شيء",
        "implausible": "لا يمكن أن تكون مواقعه صحيحة",
        "of": "تابع لـ",
        "not-shown": "شيء لا يُعرض عليكم",
        "rule": "القاعدة",
        "apart": "المسافة",
        "in-height": "في الارتفاع",
        "in-time": "الوقت حتى الحد",
        "uncertainty": "عدم اليقين",
        "since": "منذ",
        "standing": "هذه الرسالة ليست قائمة: ما هو قائم الآن يظهر في الصفحة أو في البث.",
        "drill": "اختبار اتصال",
        "drill-says": "هذه رسالة تدريبية: ليست إشعارًا ولا تُبلغ بشيء.",
        "drill-word": "الكلمة المطلوب إعادتها",
        "drill-reply": "الرد في السطر الأول: RECEIVED، ثم مرة أخرى: READ-BACK والكلمة",
        "test": "اختبار - لا شيء من هذا حقيقي",
        "is-permission": "هل هذه الرسالة إذن؟ (نعم / لا)",
        "is-clear": "هل يعني عدم وصول رسالة أن المكان آمن؟ (نعم / لا)",
    },
}
"""By language, then by id. A language has every id, or is not listed."""


def phrases_of(language: str) -> dict[str, str]:
    """The phrases of a language that has them all."""
    return PHRASES[language]


def spoken(agreed: Iterable[str], own: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The languages a message is written in, and those agreed ones that there are no phrases in.

    agreed: BCP 47 tags, the first one first; a tag with a region is met by the language alone.
    own: what the recipient reads; the only one where none was agreed, or where none of those is
    spoken, and the first one where it is one of them.
    """
    written: dict[str, None] = {}
    missing: dict[str, None] = {}
    for tag in agreed:
        language = tag.split("-")[0].lower()
        if language in PHRASES:
            written[language] = None
        else:
            missing[tag] = None
    if not written:
        return (own,), tuple(missing)
    first = (own,) if own in written else ()
    return tuple(dict.fromkeys((*first, *written))), tuple(missing)
