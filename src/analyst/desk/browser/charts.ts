// Draws the charts of the desk in the browser. scripts/setup.mjs bundles it with the parts of ECharts that it uses.
import { BarChart, GraphChart, LineChart } from 'echarts/charts'
import { GridComponent, LegendComponent, MarkAreaComponent, TooltipComponent } from 'echarts/components'
import { type EChartsType, init, use } from 'echarts/core'
import { CanvasRenderer } from 'echarts/renderers'
import type { ChartData, GraphData, GraphNode, Series } from '../chart-data.ts'
import { graphRoom, legendHeight, MARK_LINE, type Measure, markLines, markName } from './chart-room.ts'
import { follow } from './live.ts'

use([
  ...[BarChart, LineChart, GraphChart, CanvasRenderer],
  ...[GridComponent, TooltipComponent, LegendComponent, MarkAreaComponent],
])

const colour = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim()
const shown = (n: unknown) =>
  typeof n === 'number' ? Math.round(n).toLocaleString(document.documentElement.lang) : '–'

const fontFamily = () => getComputedStyle(document.body).fontFamily
/** Sizes of texts, px. */
const LEGEND_TEXT = 12
const NAME_TEXT = 11

function measureAt(size: number): Measure {
  const pen = document.createElement('canvas').getContext('2d')!
  pen.font = `${size}px ${fontFamily()}`
  return (text) => pen.measureText(text).width
}

/** Options shared by both kinds of charts, in the colours of the page. */
function common() {
  const [ink, dim, card, line] = ['--ink', '--dim', '--card', '--line'].map(colour)
  return {
    animation: false,
    textStyle: { fontFamily: fontFamily() },
    legend: {
      ...{ type: 'plain', top: 0, itemWidth: 14, itemHeight: 10 },
      textStyle: { color: ink, fontSize: LEGEND_TEXT },
    },
    tooltip: {
      renderMode: 'richText',
      confine: true,
      ...{ backgroundColor: card, borderColor: line, textStyle: { color: ink, fontSize: 13 } },
    },
    axis: {
      axisLabel: { color: dim },
      axisLine: { lineStyle: { color: dim } },
      splitLine: { lineStyle: { color: line } },
    },
  }
}

function seriesOf(
  { name, kind, colour: token, isDashed, data }: Series,
  first: boolean,
  { x, marks }: ChartData,
  width: number,
) {
  const fill = colour(token)
  const place = { lines: markLines(marks), steps: x.length, width, measure: measureAt(NAME_TEXT) }
  return {
    ...{ name, data, type: kind, color: fill, itemStyle: { color: fill } },
    ...(kind === 'bar'
      ? { stack: 'all', barMaxWidth: 28 }
      : {
          symbol: 'none',
          lineStyle: { width: 2, type: isDashed ? 'dashed' : 'solid' },
          connectNulls: false,
        }),
    ...(first && {
      markArea: {
        silent: true,
        itemStyle: { color: colour('--link'), opacity: 0.12 },
        label: { color: colour('--dim'), fontSize: NAME_TEXT, distance: 0 },
        data: marks.map((mark, i) => {
          const { name, ...label } = markName(mark, i, place)
          return [{ name, xAxis: mark.from, label }, { xAxis: mark.to }]
        }),
      },
    }),
  }
}

/** Width of the labels of the y axis, px, at most. */
const AXIS = 70

function chartOption(data: ChartData, width: number) {
  const { x, series, marks } = data
  const { axis, tooltip, ...shared } = common()
  const names = series.map(({ name }) => name)
  const above = legendHeight(names, width, measureAt(LEGEND_TEXT)) + MARK_LINE * markLines(marks)
  return {
    ...shared,
    tooltip: { ...tooltip, trigger: 'axis', valueFormatter: shown },
    grid: { left: 8, right: 12, top: 12 + above, bottom: 4, containLabel: true },
    // Marks end at ticks: each step has one, even if its label is left out.
    xAxis: { type: 'category', data: x, axisTick: { show: false, interval: 0 }, ...axis },
    yAxis: { type: 'value', minInterval: 1, ...axis, axisLabel: { ...axis.axisLabel, formatter: shown } },
    series: series.map((one, i) => seriesOf(one, i === 0, data, width - AXIS)),
  }
}

function graphOption({ categories, nodes, edges }: GraphData, width: number) {
  const { axis: _, tooltip, ...shared } = common()
  const kinds = categories.map(({ name }) => name)
  const legend = legendHeight(kinds, width, measureAt(LEGEND_TEXT))
  const { names, room } = graphRoom(
    nodes.map(({ name }) => name),
    width,
    measureAt(NAME_TEXT),
  )
  const most = Math.max(1, ...nodes.map(({ count }) => count))
  return {
    ...shared,
    tooltip: {
      ...tooltip,
      formatter: ({
        dataType,
        data,
      }: {
        dataType: string
        data: { label?: { formatter: string }; count: number; name?: string }
      }) => (dataType === 'edge' ? shown(data.count) : `${data.name}: ${shown(data.count)}`),
    },
    series: [
      {
        type: 'graph',
        layout: 'circular',
        circular: { rotateLabel: true },
        ...{ left: room, right: room, top: legend + room, bottom: room },
        categories: categories.map(({ name, colour: token }) => ({
          name,
          itemStyle: { color: colour(token) },
        })),
        nodes: nodes.map((node) => ({ ...node, symbolSize: 10 + 22 * Math.sqrt(node.count / most) })),
        edges: edges.map((edge) => ({
          ...edge,
          lineStyle: { width: 1 + 3 * (edge.count / most), color: colour('--dim'), opacity: 0.6 },
        })),
        label: {
          show: true,
          color: colour('--ink'),
          fontSize: NAME_TEXT,
          formatter: ({ dataIndex }: { dataIndex: number }) => names[dataIndex],
        },
      },
    ],
  }
}

/** A narrower place has no room for a chart, px. */
const NARROWEST = 120

const drawn = new Map<HTMLElement, EChartsType>()

/** Draws all charts in the current size and colours. */
function draw(): void {
  for (const [element, instance] of drawn)
    if (!element.isConnected) {
      instance.dispose()
      drawn.delete(element)
    }
  for (const element of document.querySelectorAll<HTMLElement>('[data-chart], [data-graph]')) {
    const { chart, graph } = element.dataset
    const { clientWidth } = element
    if (clientWidth < NARROWEST) continue
    const instance = drawn.get(element) ?? init(element, null, { renderer: 'canvas' })
    if (!drawn.has(element) && graph !== undefined)
      instance.on('click', ({ data }) => {
        const { href } = data as Partial<GraphNode>
        if (href?.startsWith('/')) location.assign(href)
      })
    drawn.set(element, instance)
    instance.resize()
    const option =
      chart !== undefined
        ? chartOption(JSON.parse(chart), clientWidth)
        : graphOption(JSON.parse(graph!), clientWidth)
    instance.setOption(option as Parameters<EChartsType['setOption']>[0], true)
  }
}

addEventListener('resize', draw)
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw)
document.documentElement.classList.add('drawn')
draw()
follow(draw)
