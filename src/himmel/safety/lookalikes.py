"""Signs that look like Latin letters, and Chinese characters in their other writing: tables for `normalise`."""

from __future__ import annotations

_CYRILLIC = "а:a в:b е:e ё:e к:k м:m н:h о:o р:p с:c т:t у:y х:x ѕ:s і:i ї:i ј:j һ:h ԁ:d ԛ:q ԝ:w ь:b г:r п:n ӏ:l"
_GREEK = "α:a β:b ε:e η:n ι:i κ:k ν:v ο:o ρ:p τ:t υ:u χ:x ω:w γ:y σ:o ϲ:c ϳ:j"
_OTHER = "ɑ:a ɡ:g ɩ:i ı:i ʟ:l ɴ:n ʀ:r ᴀ:a ʙ:b ᴄ:c ᴅ:d ᴇ:e ꜰ:f ɢ:g ʜ:h ɪ:i ᴊ:j ᴋ:k ᴍ:m ᴏ:o ᴘ:p ꜱ:s ᴛ:t ᴜ:u ᴠ:v ᴡ:w"
_OTHER += " ʏ:y ᴢ:z ո:n ս:u օ:o"
LOOKALIKES: dict[str, str] = {pair[0]: pair[2] for pair in f"{_CYRILLIC} {_GREEK} {_OTHER}".split()}
"""Lower case, to the Latin letter that a reader would see."""

LEET = {"0": "o", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "9": "g", "@": "a", "$": "s", "€": "e", "£": "l"}
"""Digits and signs to the letter that they stand for; `LEET_EITHER` can be one of two."""
LEET_EITHER = {"1": "il", "!": "il", "|": "li"}

PLAIN = {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ħ": "h"}
"""Letters that are no base letter with a mark."""

_TRADITIONAL = (
    "殺杀 強强 姦奸 亂乱 倫伦 兒儿 戀恋 體体 斬斩 頭头 槍枪 彈弹 藥药 製制 國国 習习 澤泽 東东 "
    "馬马 納纳 侖仑 總总 統统 聞闻 偽伪 視视 頻频 種种 滅灭 猶犹 龍龙 鳥鸟 獸兽 屍尸 傷伤 殘残 "
    "處处 決决 裝装 氣气 藝艺 術术 賣卖 誘诱 學学 戰战 爭争 髒脏 賤贱 醜丑 蘋苹 爾尔 樂乐 魯鲁 "
    "謝谢 劉刘 張张 陳陈 鄧邓 萬万 億亿 貝贝 羅罗 維维 薩萨 蘭兰 凱凯 奧奥 絲丝 達达 遜逊 喬乔 "
    "約约 裡里 進进 內内 動动 麗丽 權权 遊游 戲戏 機机 靈灵 賽赛 長长 車车 門门 間间 漢汉 語语 "
    "發发 現现 實实 際际 華华 燒烧 絕绝 恥耻 滾滚 蟲虫 爛烂 騙骗 選选 舉举 聲声 勝胜 領领 導导 "
    "憲宪 軍军 隊队 監监 獄狱 歲岁 嬰婴 孫孙 個个 們们 這这 說说 讓让 與与 為为 給给 從从 來来 "
    "時时 開开 關关 對对 會会 還还 後后"
)
SIMPLIFIED = {pair[0]: pair[1] for pair in _TRADITIONAL.split()}
"""Traditional characters that occur in the lists, to simplified ones."""

FILLERS = "\u115f\u1160\u3164\uffa0\u2800\u034f"
"""Letters by their class, but nothing is seen of them."""
