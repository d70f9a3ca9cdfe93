/** Texts of private numbers, written for these tests. `{n}`: a different number in each message. */

/** Texts sent to strangers, worded differently each time. */
export const TO_STRANGERS: Readonly<Record<string, readonly string[]>> = {
  'an opener to a wrong number': [
    '李总您好，我是上次在高尔夫球场认识的小陈，周末还去打球吗',
    '王总您好，我是上次高尔夫球场认识的小陈，这周末还去打球吗',
    '张总你好呀，我是上次在高尔夫球场认识的小陈，周末还去打吗',
  ],
  'the boss': [
    '小王，明天早上九点来我办公室一趟，换了新号码，先存一下',
    '小李，明早九点到我办公室来一趟，我换了新号码，你存一下',
    '小张，明天上午九点来我办公室一下，换新号码了，先存着',
  ],
  'a threat to the friends of a debtor': [
    '请转告张三，他拖欠的借款今天必须处理，否则上门找你们所有联系人',
    '麻烦转告你朋友张三，他欠的借款今天必须处理，不然上门找你们这些联系人',
    '请你转告张三，拖欠借款今天再不处理，就上门找他的所有联系人',
  ],
  'an opener in English': [
    'Hi Lily, are we still on for dinner at the golf club on Saturday evening?',
    'Hi Emma, are we still on for dinner at the golf club this Saturday evening?',
    'Hello Lily, are we still on for the dinner at the golf club on Saturday?',
  ],
}

/** Texts sent to many acquaintances. */
export const TO_FRIENDS: Readonly<Record<string, readonly string[]>> = {
  'New Year’s greetings': [
    '马年新春到，我在这里给您拜年了，祝您和家人身体健康，万事如意！',
    '金马迎春，祝福送到，愿您新的一年事业兴旺，阖家幸福，新年快乐！',
  ],
  'a class': [
    '各位家长好，明天下午两点在教学楼三楼开家长会，请准时参加，收到请回复。四年级二班王老师',
    '家长您好，明天学校组织秋游，请给孩子带好水和午饭，七点半校门口集合。',
  ],
  'a wedding': [
    '谨定于10月3日中午十二点在东湖宾馆二楼为小儿举行婚礼，恭请您全家光临。',
    '我和小雨下月六号结婚，在万达旁边的喜来登摆酒，有空一定来喝杯喜酒！',
  ],
  'a funeral': [
    '家父于昨日凌晨病逝，享年八十一岁，定于周三上午九点在西山殡仪馆举行告别仪式，特此告知。',
    '王老师昨晚走了，追悼会定在星期五早上八点，请转告其他同学。',
  ],
  'a courier': ['您好，您的快递放在小区菜鸟驿站了，请及时来取，我是快递员小刘。'],
}
