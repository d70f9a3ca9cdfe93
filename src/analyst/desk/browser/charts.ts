// Draws the charts of the desk in the browser. scripts/setup.mjs bundles it with the parts of ECharts that it uses.
import { BarChart, GraphChart, LineChart } from 'echarts/charts'
import { GridComponent, LegendComponent, MarkAreaComponent, TooltipComponent } from 'echarts/components'
import { type EChartsType, init, use } from 'echarts/core'
import { CanvasRenderer } from 'echarts/renderers'
import type { ChartData, GraphData, GraphNode, Series } from '../chart-data.ts'
import { follow } from './live.ts'

use([
  ...[BarChart, LineChart, GraphChart, CanvasRenderer],
  ...[GridComponent, TooltipComponent, LegendComponent, MarkAreaComponent],
])

const colour = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim()
const shown = (n: unknown) =>
  typeof n === 'number' ? Math.round(n).toLocaleString(document.documentElement.lang) : '–'

/** Options shared by both kinds of charts, in the colours of the page. */
function common() {
  const [ink, dim, card, line] = ['--ink', '--dim', '--card', '--line'].map(colour)
  return {
    animation: false,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
    legend: { type: 'plain', top: 0, textStyle: { color: ink }, itemWidth: 14, itemHeight: 10 },
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
  marks: ChartData['marks'],
) {
  const fill = colour(token)
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
        label: { color: colour('--dim'), position: 'insideTop', fontSize: 11 },
        data: marks.map((mark) => [{ name: mark.name, xAxis: mark.from }, { xAxis: mark.to }]),
      },
    }),
  }
}

function chartOption({ x, series, marks }: ChartData, width: number) {
  const { axis, tooltip, ...shared } = common()
  const legendLines = Math.ceil((series.length * 130) / width)
  return {
    ...shared,
    tooltip: { ...tooltip, trigger: 'axis', valueFormatter: shown },
    grid: { left: 8, right: 12, top: 12 + 24 * legendLines, bottom: 4, containLabel: true },
    xAxis: { type: 'category', data: x, ...axis },
    yAxis: { type: 'value', minInterval: 1, ...axis, axisLabel: { ...axis.axisLabel, formatter: shown } },
    series: series.map((one, i) => seriesOf(one, i === 0, marks)),
  }
}

function graphOption({ categories, nodes, edges }: GraphData) {
  const { axis: _, tooltip, ...shared } = common()
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
        ...{ left: '22%', right: '22%', top: '24%', bottom: '20%' },
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
          fontSize: 11,
          formatter: ({ name }: { name: string }) => cut(name),
        },
      },
    ],
  }
}

const cut = (name: string) => (name.length > 18 ? `${name.slice(0, 17)}…` : name)

const drawn = new Map<HTMLElement, EChartsType>()

/** Draws the charts that are not drawn yet, in the current colours. */
function draw(): void {
  for (const [element, instance] of drawn)
    if (!element.isConnected) {
      instance.dispose()
      drawn.delete(element)
    }
  for (const element of document.querySelectorAll<HTMLElement>('[data-chart], [data-graph]')) {
    const { chart, graph } = element.dataset
    const instance = drawn.get(element) ?? init(element, null, { renderer: 'canvas' })
    if (!drawn.has(element) && graph !== undefined)
      instance.on('click', ({ data }) => {
        const { href } = data as Partial<GraphNode>
        if (href?.startsWith('/')) location.assign(href)
      })
    drawn.set(element, instance)
    const option =
      chart !== undefined
        ? chartOption(JSON.parse(chart), element.clientWidth)
        : graphOption(JSON.parse(graph!))
    instance.setOption(option as Parameters<EChartsType['setOption']>[0], true)
  }
}

addEventListener('resize', () => {
  for (const instance of drawn.values()) instance.resize()
  draw()
})
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw)
document.documentElement.classList.add('drawn')
draw()
follow(draw)
