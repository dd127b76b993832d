"""Chinese phrases. The first entry of a row is the commonest word and is chosen most often."""

from __future__ import annotations

from himmel.grammar.tables import Changes, Glue, Place, Said, Settings

NOUNS = {
    "ball": ("球", "圆球", "球体"),
    "cube": ("方块", "立方体", "正方体"),
    "cylinder": ("圆柱", "圆柱体"),
    "capsule": ("胶囊", "胶囊体"),
}
COLOURS = {
    "red": ("红色", "鲜红色", "正红色"),
    "orange": ("橙色", "橘色", "橘黄色"),
    "yellow": ("黄色", "明黄色"),
    "green": ("绿色", "翠绿色"),
    "blue": ("蓝色", "湛蓝色"),
    "purple": ("紫色", "紫罗兰色"),
    "pink": ("粉色", "粉红色"),
    "white": ("白色", "纯白色"),
    "black": ("黑色", "漆黑色"),
}
SIZES = {"small": ("小", "小小的", "很小的"), "large": ("大", "巨大的", "很大的")}
"""The first one stands right before the noun, the others before the colour."""
MATERIALS = {
    "matte": ("哑光", "磨砂"),
    "metal": ("金属", "不锈钢"),
    "glass": ("玻璃", "透明玻璃"),
    "wood": ("木制", "木头", "木质"),
}
NUMBERS = ("零", "一", "两", "三", "四", "五", "六", "七", "八", "九", "十")
MOTIONS = {
    "rests": ("静止不动", "静静地待着", "一动不动", "静止"),
    "falls": ("落下", "掉落", "坠落", "下落"),
    "bounces": ("弹跳", "上下弹跳", "蹦跳"),
    "rolls": ("滚动", "滚动着"),
    "slides": ("滑动", "滑行"),
    "spins": ("旋转", "转动", "打转"),
    "topples": ("倒下", "翻倒", "倾倒"),
}
MOVES = ("移动", "运动")
DIRECTIONS = {
    "left": ("向左", "往左", "朝左", "从右向左", "向左边"),
    "right": ("向右", "往右", "朝右", "从左向右", "向右边"),
    "towards the camera": ("朝镜头", "向着镜头", "朝我们", "朝着镜头"),
    "away from the camera": ("向远处", "往远处", "朝远离镜头的方向", "远离镜头"),
}
GROUNDS = {
    "grass": ("草地", "草坪"),
    "sand": ("沙地", "沙子"),
    "wood": ("木地板", "木质地板"),
    "marble": ("大理石地面", "大理石"),
    "brick": ("砖地", "砖块地面"),
    "snow": ("雪地", "积雪"),
    "tiles": ("瓷砖地面", "瓷砖"),
    "asphalt": ("柏油路面", "沥青路面"),
}
ON_GROUND = "在{ground}上"
RELATIONS = {
    "left of": ("左边", "左侧", "左面"),
    "right of": ("右边", "右侧", "右面"),
    "behind": ("后面", "后方"),
    "in front of": ("前面", "前方"),
    "on": ("上面", "顶上"),
}
STANDS = ("在", "位于")
CARRIES = ("上面有{other}", "上面放着{other}")
FROM_SIDE = {"left": ("从左边", "从左侧"), "right": ("从右边", "从右侧")}
AWAY_SIDE = {"left": ("向左",), "right": ("向右",)}
HITS = ("撞上", "撞到", "碰到", "击中")
IS_HIT = ("撞到", "撞上", "击中")
EVENTS = {
    "stops": ("停下", "停了下来", "停住"),
    "is pushed away": ("被推开", "被撞开"),
    "disappears behind": ("消失在", "躲到"),
    "comes out": ("出来", "重新出现", "露出来"),
    "stays hidden": ("没有再出来", "一直藏着", "始终看不见"),
    "leaves the frame": ("离开画面", "移出画面", "离开镜头"),
    "comes back": ("回来", "回到画面", "回到画面中"),
}
WALL = ("墙", "一堵墙")
BEHIND = ("后面", "后")
SOMETHING = "某个东西"
THEN = ("然后", "随后", "接着")

LIGHT = {
    "day": Said(("白天", "在日光下", "大白天"), ("白天", "日光"), ("现在是白天", "日光照亮了画面")),
    "sunset": Said(
        ("日落时分", "夕阳下", "黄昏时", "傍晚"),
        ("日落", "夕阳", "黄昏"),
        ("太阳正在落山", "正是日落时分", "夕阳照着画面"),
    ),
    "night": Said(
        ("夜里", "夜晚", "月光下", "在夜色中"), ("夜晚", "夜色", "月光"), ("现在是夜晚", "月光照着画面")
    ),
    "overcast": Said(
        ("阴天", "在阴沉的光线下", "阴天里"), ("阴天", "灰色的光线"), ("天色阴沉", "这是一个阴天")
    ),
}
WEATHER = {
    "clear": Said(("天气晴好", "空气清澈"), ("好天气", "空气清澈"), ("天气晴好", "空气很清澈")),
    "fog": Said(("在雾中", "在薄雾里", "雾气中"), ("雾", "薄雾", "雾气"), ("雾气弥漫", "有雾")),
    "rain": Said(("在雨中", "雨中", "下雨时"), ("雨", "下雨", "雨天"), ("正在下雨", "雨在下着")),
    "snowfall": Said(
        ("在飘雪中", "下雪时", "雪花飘落时"), ("下雪", "飘雪", "雪花"), ("正在下雪", "雪花飘落")
    ),
}
CLOUDS = {
    "clear sky": Said(("晴空下", "在无云的天空下"), ("晴空", "无云的天空"), ("天空晴朗无云", "天上没有云")),
    "scattered clouds": Said(
        ("天上有几朵云", "在零散的云朵下"), ("几朵云", "零散的云"), ("天上飘着几朵云", "天空中有零散的云")
    ),
    "heavy clouds": Said(
        ("乌云下", "在厚厚的云层下"), ("厚云", "乌云", "浓云"), ("乌云密布", "厚厚的云层遮住了天空")
    ),
}
SEASON = {
    "summer": Said(("夏天", "夏日里"), ("夏天", "夏季"), ("现在是夏天", "正值夏季")),
    "autumn": Said(("秋天", "秋日里"), ("秋天", "秋季"), ("现在是秋天", "正值秋季")),
    "winter": Said(("冬天", "冬日里"), ("冬天", "冬季"), ("现在是冬天", "正值冬季")),
}
STYLE = {
    "natural": Said(("自然风格", "写实风格"), ("自然风格", "写实"), ("画面色彩自然", "画面很写实")),
    "black and white": Said(("黑白画面", "黑白影像"), ("黑白", "黑白画面"), ("画面是黑白的", "这是黑白影像")),
    "film": Said(
        ("胶片质感", "用胶片拍摄"), ("胶片", "35毫米胶片", "胶片颗粒"), ("画面有胶片质感", "这是用胶片拍摄的")
    ),
    "watercolour": Said(
        ("水彩风格", "水彩画风格"), ("水彩", "水彩画"), ("画面像一幅水彩画", "画面是水彩风格")
    ),
    "silhouette": Said(("剪影效果", "呈剪影"), ("剪影", "剪影效果"), ("一切都是剪影", "只看得见剪影")),
}
STYLE_PREFIX = {
    "natural": ("写实画面：", "写实视频："),
    "black and white": ("黑白画面：", "黑白视频："),
    "film": ("胶片影像：", "35毫米胶片："),
    "watercolour": ("水彩画：", "水彩动画："),
    "silhouette": ("剪影：", "剪影画面："),
}
PLACE = {
    "sea": Place(("大海", "海面", "一片大海"), ("远处可见大海", "背景是大海")),
    "mountains": Place(("群山", "山脉", "山峰"), ("在群山间", "背景是山脉")),
    "desert": Place(("沙漠", "一片沙漠", "沙丘"), ("在沙漠里", "在沙漠中")),
    "hills": Place(("丘陵", "起伏的丘陵", "山丘"), ("在丘陵间", "背景是山丘")),
}
SEA = {
    "calm": Place(("平静的大海", "平静的海面", "风平浪静的大海"), ("背景是平静的大海",)),
    "rough": Place(("波涛汹涌的大海", "汹涌的海面", "巨浪翻腾的大海"), ("背景是汹涌的大海",)),
}
EMPTY_GROUND = {
    "grass": ("空旷的草地", "空荡荡的草坪"),
    "sand": ("空旷的沙地",),
    "wood": ("空荡荡的木地板",),
    "marble": ("空荡荡的大理石地面",),
    "brick": ("空荡荡的砖地",),
    "snow": ("空旷的雪地",),
    "tiles": ("空荡荡的瓷砖地面",),
    "asphalt": ("空荡荡的柏油路面",),
}
NOTHING = ("空荡荡的场景", "一个空旷的地方")
LIGHT_CHANGES = Changes(
    noun={
        "day": ("白天", "日光"),
        "sunset": ("日落", "黄昏"),
        "night": ("夜晚", "黑夜"),
        "overcast": ("阴天", "阴沉的天色"),
    },
    both=("{a}变成{b}", "{a}转为{b}", "光线从{a}变成{b}"),
    to={
        "day": ("天亮了", "天色变亮，白天到来"),
        "sunset": ("太阳开始落山", "天色变成日落", "夕阳西下"),
        "night": ("夜幕降临", "天黑了"),
        "overcast": ("天空转阴", "天色变得阴沉"),
    },
    special={},
)
WEATHER_CHANGES = Changes(
    noun={
        "clear": ("好天气", "晴好天气"),
        "fog": ("雾", "雾气"),
        "rain": ("雨", "雨天"),
        "snowfall": ("飘雪", "雪天"),
    },
    both=("{a}变成{b}", "{a}转为{b}", "天气从{a}变成{b}"),
    to={
        "clear": ("天气放晴", "天气转好"),
        "fog": ("起雾了", "雾气涌来"),
        "rain": ("开始下雨", "下起雨来"),
        "snowfall": ("开始下雪", "下起雪来"),
    },
    special={
        ("fog", "clear"): ("雾散了", "雾气消散"),
        ("rain", "clear"): ("雨停了",),
        ("snowfall", "clear"): ("雪停了", "不再下雪"),
    },
)
CAMERA = {
    "still": (("固定不动", ""), ("保持静止", ""), ("不动", "")),
    "pans left": (("向左摇", ""), ("向左摇动", ""), ("左摇", "")),
    "pans right": (("向右摇", ""), ("向右摇动", ""), ("右摇", "")),
    "tilts up": (("向上仰", ""), ("向上摇", ""), ("上仰", "")),
    "tilts down": (("向下俯", ""), ("向下摇", ""), ("下俯", "")),
    "orbits left": (("向左环绕", ""), ("向左绕行", "")),
    "orbits right": (("向右环绕", ""), ("向右绕行", "")),
    "moves in": (("推近", ""), ("向前推进", ""), ("靠近", "")),
    "moves out": (("拉远", ""), ("向后拉", ""), ("向后退", "")),
    "rises": (("升起", ""), ("向上升", ""), ("上升", "")),
    "sinks": (("下降", ""), ("向下降", ""), ("降下", "")),
    "zooms in": (("变焦放大", ""), ("变焦拉近", "")),
    "zooms out": (("变焦缩小", ""), ("变焦变远", "")),
    "flies forward": (("向前飞", ""), ("向前飞行", ""), ("飞越画面", "")),
    "follows": (("跟随运动", ""), ("跟拍", ""), ("跟着移动", "")),
}
CAMERA_TAG = {
    "still": ("固定镜头", "静止镜头"),
    "pans left": ("向左摇镜头", "镜头向左摇"),
    "pans right": ("向右摇镜头", "镜头向右摇"),
    "tilts up": ("镜头向上仰", "上仰镜头"),
    "tilts down": ("镜头向下俯", "下俯镜头"),
    "orbits left": ("向左环绕镜头", "镜头向左环绕"),
    "orbits right": ("向右环绕镜头", "镜头向右环绕"),
    "moves in": ("推镜头", "镜头推近"),
    "moves out": ("拉镜头", "镜头拉远"),
    "rises": ("升镜头", "镜头上升"),
    "sinks": ("降镜头", "镜头下降"),
    "zooms in": ("变焦放大", "镜头变焦放大"),
    "zooms out": ("变焦缩小", "镜头变焦缩小"),
    "flies forward": ("航拍向前飞", "飞行镜头"),
    "follows": ("跟拍镜头", "跟随镜头"),
}
SETTINGS = Settings(
    light=LIGHT,
    weather=WEATHER,
    clouds=CLOUDS,
    season=SEASON,
    style=STYLE,
    style_prefix=STYLE_PREFIX,
    place=PLACE,
    sea=SEA,
    empty_ground=EMPTY_GROUND,
    nothing=NOTHING,
    light_changes=LIGHT_CHANGES,
    weather_changes=WEATHER_CHANGES,
    camera=CAMERA,
    camera_tag=CAMERA_TAG,
    glue=Glue(
        comma="，",
        both="，",
        last="，",
        while_="，",
        then=THEN,
        see=("我们看到{x}", "画面中是{x}"),
        camera=("镜头{0}", ("，镜头{0}", "，同时镜头{0}")),
    ),
)
