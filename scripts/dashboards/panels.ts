import { PanelBuilder as BarChartBuilder } from '@grafana/grafana-foundation-sdk/barchart'
import type { Builder } from '@grafana/grafana-foundation-sdk/cog'
import {
  BigValueColorMode,
  BigValueGraphMode,
  BigValueTextMode,
  GraphDrawStyle,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TableCellDisplayMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizOrientation,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common'
import {
  type DynamicConfigValue,
  MappingType,
  type Panel,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat'
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table'
import { PanelBuilder as TimeseriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries'
import { hrefOf, titleOf } from './links.ts'
import { dataquery, POSTGRES, PROMETHEUS } from './queries.ts'
import { type Column, isSql, type Language, type PanelSpec, say } from './spec.ts'

type AnyBuilder = StatBuilder | TimeseriesBuilder | TableBuilder | BarChartBuilder

/** The JSON of a panel in one language, but for its place. */
export function buildPanel(spec: PanelSpec, language: Language): Panel {
  const builder = BUILDERS[spec.kind](spec)
  const { id, title, says, queries, columns = {} } = spec
  builder
    .id(id)
    .title(say(title, language))
    .description(say(says, language))
    .datasource(queries.some(isSql) ? POSTGRES : PROMETHEUS)
    .targets(queries.map((query, i) => built(dataquery(query, String.fromCharCode(65 + i), language))))
  for (const [name, column] of Object.entries(columns))
    builder.overrideByName(name, propertiesOf(column, language))
  common(builder, spec, language)
  return builder.build()
}

function built<T>(value: T): Builder<T> {
  return { build: () => value }
}

function common(builder: AnyBuilder, spec: PanelSpec, language: Language): void {
  const { unit, decimals, interval, thresholds, values, transformations = [] } = spec
  if (unit !== undefined) builder.unit(unit)
  if (decimals !== undefined) builder.decimals(decimals)
  if (interval !== undefined) builder.interval(interval)
  for (const { id, options } of transformations) builder.withTransformation({ id, options })
  if (thresholds)
    builder.thresholds(
      new ThresholdsConfigBuilder()
        .mode(ThresholdsMode.Absolute)
        .steps(thresholds.map(([color, value]) => ({ color, value }))),
    )
  if (values) {
    const options = Object.fromEntries(
      Object.entries(values).map(([value, words]) => [value, { text: say(words, language) }]),
    )
    builder.mappings([{ type: MappingType.ValueToText, options }])
  }
}

const BUILDERS: { readonly [K in PanelSpec['kind']]: (spec: PanelSpec) => AnyBuilder } = {
  stat: ({ isWord }) =>
    new StatBuilder()
      .reduceOptions(
        new ReduceDataOptionsBuilder()
          .calcs(['lastNotNull'])
          .fields(isWord ? '/.*/' : '')
          .values(false),
      )
      .colorMode(BigValueColorMode.Value)
      .graphMode(BigValueGraphMode.None)
      .textMode(BigValueTextMode.Value)
      .orientation(VizOrientation.Auto),
  timeseries: ({ stacked, bars, freeMinimum }) => {
    const builder = new TimeseriesBuilder()
      .drawStyle(bars ? GraphDrawStyle.Bars : GraphDrawStyle.Line)
      .lineWidth(1)
      .fillOpacity(bars ? 60 : stacked ? 25 : 8)
      .showPoints(VisibilityMode.Never)
      .spanNulls(false)
      .stacking(
        new StackingConfigBuilder().mode(stacked ? StackingMode.Normal : StackingMode.None).group('A'),
      )
      .legend(
        new VizLegendOptionsBuilder()
          .displayMode(LegendDisplayMode.Table)
          .placement(LegendPlacement.Bottom)
          .showLegend(true)
          .calcs(['lastNotNull', 'max']),
      )
      .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending))
    return freeMinimum ? builder : builder.min(0)
  },
  table: () => new TableBuilder().filterable(true),
  barchart: ({ stacked }) =>
    new BarChartBuilder()
      .orientation(VizOrientation.Horizontal)
      .stacking(stacked ? StackingMode.Normal : StackingMode.None)
      .legend(
        new VizLegendOptionsBuilder()
          .displayMode(LegendDisplayMode.List)
          .placement(LegendPlacement.Bottom)
          .showLegend(true),
      ),
}

function propertiesOf(column: Column, language: Language): DynamicConfigValue[] {
  const { name, unit, decimals, links, hidden, width, bar } = column
  const given: (readonly [string, unknown])[] = [
    ['displayName', say(name, language)],
    ['unit', unit],
    ['decimals', decimals],
    ['custom.width', width],
    ['custom.hidden', hidden],
    ['custom.cellOptions', bar && { type: TableCellDisplayMode.Gauge, mode: 'basic' }],
    ['links', links?.map((link) => ({ title: titleOf(link, language), url: hrefOf(link, language) }))],
  ]
  return given.filter(([, value]) => value !== undefined).map(([id, value]) => ({ id, value }))
}
