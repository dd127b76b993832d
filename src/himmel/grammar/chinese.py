"""Chinese phrases for objects and events. The first entry of a row is the commonest word and is chosen most often."""

from __future__ import annotations

NOUNS = {
    "ball": ("球", "圆球", "球体"),
    "cube": ("方块", "立方体", "正方体"),
    "cylinder": ("圆柱", "圆柱体"),
    "capsule": ("胶囊", "胶囊体"),
    "domino": ("多米诺骨牌", "骨牌"),
    "tower": ("塔",),
    "car": ("汽车", "越野车", "小汽车"),
    "truck": ("卡车", "货车"),
    "bus": ("公共汽车", "巴士"),
    "bowl": ("碗",),
    "stairs": ("楼梯", "台阶"),
    "ramp": ("斜坡", "坡道"),
    "pendulum": ("摆", "单摆"),
    "cradle": ("牛顿摆",),
    "seesaw": ("跷跷板",),
    "two-legged creature": ("两条腿的小怪物", "两足生物"),
    "four-legged creature": ("四条腿的小怪物", "四足生物"),
    "six-legged creature": ("六条腿的小怪物", "六足生物"),
    "apple": ("苹果",),
    "brush": ("画笔", "刷子"),
}
PARTS = {"tower": ("{n}层",), "cradle": ("{n}球",)}
"""They stand right before the noun."""
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
    "drives": ("行驶", "开着", "驶过"),
    "swings": ("左右摆动", "左右摇摆"),
    "swings to and fro": ("前后摆动", "前后摇摆"),
}
MOTIONS |= {
    "walks": ("行走", "走路", "走着"),
    "hops": ("蹦着走", "一跳一跳地走"),
    "paints": ("画一笔", "画一条线"),
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
    "all fall": ("全部倒下", "一个接一个倒下", "全都倒了"),
    "collapses": ("倒塌", "垮塌", "散架"),
    "breaks": ("碎裂", "碎成几块", "碎开"),
    "stays standing": ("仍然立着", "没有倒"),
    "raises dust": ("扬起尘土", "卷起灰尘"),
    "lands in": ("落进", "掉进", "落入"),
    "bounces down": ("弹下", "跳下"),
    "rolls down": ("滚下", "滚落"),
    "slides down": ("滑下", "滑落"),
    "is let go": ("被放开", "被松开"),
    "swings out": ("荡出去", "摆出去"),
    "lands on": ("砸在", "压在"),
    "is flung up": ("被弹起", "被抛起", "飞上空中"),
}
EVENTS |= {
    "meets": ("遇到", "走近", "碰见"),
    "turns around": ("掉头", "转身往回走"),
    "jumps for joy": ("高兴得跳起来", "欢快地跳起来"),
    "runs away": ("逃走", "跑开", "逃跑"),
    "chases": ("追赶", "追着"),
    "is happy": ("很高兴", "很开心"),
    "is afraid": ("很害怕", "吓得发抖"),
    "is angry": ("很生气", "怒气冲冲"),
    "leaves a track": ("留下一道痕迹", "压出一道沟"),
    "leaves footprints": ("留下脚印", "踩出脚印"),
    "paints a stripe": ("涂出一道颜料", "留下一条彩带"),
    "bites into": ("咬了一口", "啃了一口"),
}
CUTS = {
    "close shot": ("画面切到特写", "画面切换为近景"),
    "wide shot": ("画面切到远景", "画面切换为全景"),
    "other side": ("画面切到另一侧", "画面切换到反面"),
}
REMAINS = {"trace stays": ("痕迹还在", "印记留了下来"), "bite is missing": ("缺了一口", "少了一块")}
UNOWNED = CUTS | REMAINS
"""Events that are nobody's."""
PLACED = {"lands in": "里", "lands on": "上"}
"""What follows the second party of an event."""
WALL = ("墙", "一堵墙")
BEHIND = ("后面", "后")
SOMETHING = "某个东西"
