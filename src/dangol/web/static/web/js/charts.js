// Charts from a small JSON spec (web/charts.py describes it). Colours come from the tokens, and change with them.
// Each mark with an address opens it by click, or by arrow keys and Enter when the chart has the focus.
const TONES = { p: "--d-pine", o: "--d-persimmon", g: "--d-gold", r: "--d-red", b: "--d-blue", n: "--d-ink-4", u: "--d-up", s: "--d-sage", c: "--d-clay" };
const ORDER = ["p", "b", "g", "o", "s", "r", "c", "n"];
const language = document.documentElement.lang || "ko";
const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
const charts = new Map(); // element → {chart, spec, marks, at}
let library = null;

const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const tone = (name, at = 0) => token(TONES[name] ?? TONES[ORDER[at % ORDER.length]]);
const numeric = (value) => (value === null || value === undefined || value === "" ? null : Number(value));

/** A value in the unit of the spec; short for axes and labels. */
function written(value, spec, short = false) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  const compact = short ? { notation: "compact", maximumSignificantDigits: 3, useGrouping: "always" } : {};
  if (spec.unit === "percent") return new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 1 }).format(value);
  if (spec.unit === "money") {
    const currency = spec.currency || "KRW";
    const sign = short && currency === "KRW" ? {} : { style: "currency", currency, currencyDisplay: "narrowSymbol" };
    return new Intl.NumberFormat(language, { ...sign, ...compact }).format(value);
  }
  const text = new Intl.NumberFormat(language, { maximumFractionDigits: 2, ...compact }).format(value);
  if (!spec.unit || spec.unit === "number") return text;
  return /^[가-힣]/.test(spec.unit) ? text + spec.unit : `${text} ${spec.unit}`;
}

/** White or ink, whichever reads better on a colour. */
function over(colour) {
  const probe = document.createElement("canvas").getContext("2d");
  probe.fillStyle = colour;
  probe.fillRect(0, 0, 1, 1);
  const [red, green, blue] = probe.getImageData(0, 0, 1, 1).data;
  const linear = [red, green, blue].map((part) => (part / 255 <= 0.03928 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
  const light = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  return 1.05 / (light + 0.05) >= (light + 0.05) / 0.0604 ? "#ffffff" : "#1c2321";
}

function look(spec, element) {
  const small = element.clientHeight < 180;
  return {
    small,
    base: {
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: token("--d-ink") },
      animation: !calm.matches,
      animationDuration: 350,
      tooltip: {
        trigger: "item",
        renderMode: "richText",
        confine: true,
        backgroundColor: token("--d-card"),
        borderColor: token("--d-line"),
        textStyle: { color: token("--d-ink"), fontSize: 12 },
      },
    },
    axis: {
      axisLine: { lineStyle: { color: token("--d-line") } },
      axisTick: { show: false },
      axisLabel: { color: token("--d-ink-3"), fontSize: small ? 10 : 12, hideOverlap: true },
      splitLine: { lineStyle: { color: token("--d-line") } },
    },
  };
}

function bars(spec, element) {
  const { base, axis, small } = look(spec, element);
  const lines = spec.type === "line";
  const pareto = spec.type === "pareto";
  const series = [];
  const datum = (values, at, extra = {}) => ({ value: numeric(values[at]), url: spec.urls?.[at] ?? "", name: spec.labels[at], ...extra });
  spec.series.forEach((one, index) => {
    const colour = one.tone ? tone(one.tone) : tone(null, index);
    const kind = one.kind ?? (lines ? "line" : "bar");
    if (kind === "bar") {
      const data = spec.labels.map((_, at) => datum(one.values, at, one.tones?.[at] ? { itemStyle: { color: tone(one.tones[at]) } } : {}));
      series.push({ type: "bar", name: one.name, data, itemStyle: { color: colour, borderRadius: [2, 2, 0, 0] }, barMaxWidth: 44, barCategoryGap: small ? "38%" : "34%", stack: spec.stacked ? "all" : undefined });
      return;
    }
    const forecast = kind === "forecast";
    const ink = forecast && !one.tone ? tone("o") : colour;
    if (one.low && one.high) {
      const band = { type: "line", symbol: "none", silent: true, stack: `band${index}`, lineStyle: { opacity: 0 }, tooltip: { show: false } };
      const low = one.low.map(numeric);
      series.push({ ...band, data: low }, { ...band, data: one.high.map((high, at) => (high === null ? null : numeric(high) - low[at])), areaStyle: { color: ink, opacity: 0.13 } });
    }
    series.push({ type: "line", name: one.name, data: spec.labels.map((_, at) => datum(one.values, at)), symbol: forecast || small ? "none" : "circle", symbolSize: 6, color: ink, lineStyle: { color: ink, width: 2, type: forecast ? "dashed" : "solid" } });
  });
  const yAxis = [{ ...axis, type: "value", show: !small, axisLine: { show: false }, axisLabel: { ...axis.axisLabel, formatter: (value) => written(value, spec, true) } }];
  if (pareto) {
    const values = spec.series[0].values.map((value) => numeric(value) ?? 0);
    const total = values.reduce((sum, value) => sum + value, 0);
    let running = 0;
    const share = values.map((value, at) => datum([total ? (running += value) / total : 0], 0, { url: spec.urls?.[at] ?? "", name: spec.labels[at] }));
    yAxis.push({ ...axis, type: "value", min: 0, max: 1, show: !small, axisLine: { show: false }, splitLine: { show: false }, axisLabel: { ...axis.axisLabel, formatter: (value) => written(value, { unit: "percent" }) } });
    series.push({ type: "line", name: spec.line_name ?? "", yAxisIndex: 1, data: share, symbol: "circle", symbolSize: 6, color: tone("o"), lineStyle: { color: tone("o"), width: 2 }, percent: true });
  }
  return {
    ...base,
    tooltip: {
      ...base.tooltip,
      trigger: "axis",
      axisPointer: { type: lines ? "line" : "shadow", lineStyle: { color: token("--d-line") }, shadowStyle: { color: token("--d-hover"), opacity: 0.6 } },
      formatter: (points) => {
        const shown = points.filter((point) => point.seriesName && !point.seriesName.startsWith("series") && point.value !== null && point.value !== undefined);
        if (!shown.length) return "";
        const last = pareto ? series.length - 1 : -1;
        return [shown[0].name, ...shown.map((point) => `${point.seriesName}  ${point.seriesIndex === last ? written(point.value, { unit: "percent" }) : written(point.value, spec)}`)].join("\n");
      },
    },
    legend: spec.series.length > 1 && !small ? { top: 0, right: 0, icon: "roundRect", itemWidth: 10, itemHeight: 10, textStyle: { color: token("--d-ink-2"), fontSize: 12 } } : undefined,
    grid: small ? { left: 2, right: 2, top: 8, bottom: 18, outerBoundsMode: "none" } : { left: 4, right: pareto ? 4 : spec.labels.length > 24 && String(spec.labels[0]).length > 7 ? 34 : 8, top: spec.series.length > 1 ? 34 : 14, bottom: 2, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    xAxis: { ...axis, type: "category", data: spec.labels, splitLine: { show: false }, axisLabel: { ...axis.axisLabel, ...(small ? { showMinLabel: true, alignMinLabel: "left", alignMaxLabel: "right" } : {}) } },
    yAxis,
    series,
  };
}

/** Steps from one sum to another: the first and the last label are sums, what lies between is added or taken away. */
function bridge(spec, element) {
  const one = spec.series[0];
  const values = one.values.map((value) => numeric(value) ?? 0);
  const last = values.length - 1;
  let running = 0;
  const spans = values.map((value, at) => {
    if (at === 0 || at === last) return [0, (running = value)];
    running += value;
    return [Math.min(running - value, running), Math.max(running - value, running)];
  });
  const ends = spans.flatMap(([low, high], at) => (at === 0 || at === last ? [high] : [low, high]));
  const [least, most] = [Math.min(...ends), Math.max(...ends)];
  const floor = Math.max(0, least - 0.35 * (most - least || most)); // changes are small beside the sums
  const option = bars({ ...spec, type: "bar", series: [{ ...one, values: spans.map(([low, high]) => high - Math.max(low, floor)) }] }, element);
  const [shown] = option.series;
  shown.stack = "bridge";
  shown.data.forEach((datum, at) => (datum.told = values[at]));
  shown.label = { show: true, position: "top", color: token("--d-ink-2"), fontSize: 11, formatter: (point) => (point.dataIndex % last && point.data.told > 0 ? "+" : "") + written(point.data.told, spec, true) };
  const under = { type: "bar", stack: "bridge", silent: true, itemStyle: { color: "transparent" }, tooltip: { show: false }, data: spans.map(([low]) => Math.max(low, floor) - floor) };
  option.series = [under, shown];
  option.grid.top = 26;
  option.yAxis[0] = { ...option.yAxis[0], axisLabel: { ...option.yAxis[0].axisLabel, formatter: (value) => written(value + floor, spec, true) } };
  option.tooltip.formatter = (points) => `${points[0].name}\n${written(values[points[0].dataIndex], spec)}`;
  return option;
}

function treemap(spec, element) {
  const { base } = look(spec, element);
  const one = spec.series[0];
  return {
    ...base,
    tooltip: { ...base.tooltip, formatter: (point) => `${point.name}\n${written(point.value, spec)}` },
    series: [{
      type: "treemap", roam: false, nodeClick: false, breadcrumb: { show: false }, left: 0, right: 0, top: 4, bottom: 4,
      itemStyle: { borderColor: token("--d-card"), borderWidth: 3, gapWidth: 3, borderRadius: 6 },
      label: { fontFamily: base.textStyle.fontFamily, fontWeight: 600, lineHeight: 17, overflow: "truncate", formatter: (point) => `${point.name}\n${written(point.value, spec, true)}` },
      data: spec.labels.map((name, at) => {
        const colour = tone(one.tones?.[at], at);
        return { name, value: numeric(one.values[at]), url: spec.urls?.[at] ?? "", itemStyle: { color: colour }, label: { color: over(colour) } };
      }),
    }],
  };
}

function donut(spec, element) {
  const { base, small } = look(spec, element);
  const one = spec.series[0];
  return {
    ...base,
    tooltip: { ...base.tooltip, formatter: (point) => `${point.name}\n${written(point.value, spec)} · ${written(point.percent / 100, { unit: "percent" })}` },
    legend: small ? undefined : { orient: "vertical", right: 0, top: "middle", icon: "roundRect", itemWidth: 10, itemHeight: 10, textStyle: { color: token("--d-ink-2"), fontSize: 12 } },
    series: [{
      type: "pie", radius: ["56%", "84%"], center: [small ? "50%" : "34%", "50%"], label: { show: false },
      itemStyle: { borderColor: token("--d-card"), borderWidth: 2, borderRadius: 4 },
      data: spec.labels.map((name, at) => ({ name, value: numeric(one.values[at]), url: spec.urls?.[at] ?? "", itemStyle: { color: tone(one.tones?.[at], at) } })),
    }],
  };
}

function mixed(from, to, share) {
  const probe = document.createElement("canvas").getContext("2d");
  probe.fillStyle = from;
  probe.fillRect(0, 0, 1, 1);
  probe.globalAlpha = share;
  probe.fillStyle = to;
  probe.fillRect(0, 0, 1, 1);
  const [red, green, blue] = probe.getImageData(0, 0, 1, 1).data;
  return `rgb(${red}, ${green}, ${blue})`;
}

function heatmap(spec, element) {
  const { base, axis } = look(spec, element);
  const values = spec.cells.map((cell) => numeric(cell[2])).filter((value) => value !== null);
  const min = spec.min ?? Math.min(...values);
  const max = spec.max ?? Math.max(...values);
  const narrow = element.clientWidth / (spec.columns.length + 1.4) < 42; // no room for "100%"
  const [pale, deep] = [token("--d-hover"), token("--d-pine")];
  return {
    ...base,
    tooltip: { ...base.tooltip, formatter: (point) => `${spec.rows[point.value[1]]} · ${spec.columns[point.value[0]]}\n${written(point.value[2], spec)}` },
    grid: { left: 4, right: 4, top: 6, bottom: 2, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    xAxis: { ...axis, type: "category", data: spec.columns, splitLine: { show: false } },
    yAxis: { ...axis, type: "category", data: spec.rows, inverse: true, axisLine: { show: false }, splitLine: { show: false } },
    series: [{
      type: "heatmap",
      itemStyle: { borderColor: token("--d-card"), borderWidth: 2, borderRadius: 3 },
      label: { show: true, fontSize: narrow ? 10 : 11, formatter: (point) => narrow && spec.unit === "percent" && point.value[2] !== null ? String(Math.round(point.value[2] * 100)) : written(point.value[2], spec, true) },
      data: spec.cells.map((cell) => {
        const value = numeric(cell[2]);
        const colour = value === null ? pale : mixed(pale, deep, max > min ? Math.min(1, Math.max(0, (value - min) / (max - min))) : 1);
        return { value: [cell[0], cell[1], value], name: `${spec.rows[cell[1]]} · ${spec.columns[cell[0]]}`, url: cell[3] ?? "", itemStyle: { color: colour }, label: { color: over(colour) } };
      }),
    }],
    visualMap: { show: false, min, max, seriesIndex: [] },
  };
}

const KINDS = { bar: bars, line: bars, months: bars, pareto: bars, treemap, heatmap, donut, bridge };

/** Marks in the order of the arrow keys: the first series that is not a band. */
function marksOf(option) {
  const index = option.series.findIndex((series) => !series.silent);
  return option.series[index].data.map((datum, at) => ({ index, at, name: datum.name, value: Array.isArray(datum.value) ? datum.value[2] : (datum.told ?? datum.value), url: datum.url }));
}

function draw(element) {
  const state = charts.get(element);
  const option = KINDS[state.spec.type](state.spec, element);
  state.marks = marksOf(option);
  state.chart.setOption(option, { notMerge: true });
}

function visit(url, event) {
  if (!url) return;
  if (event?.ctrlKey || event?.metaKey) window.open(url, "_blank", "noopener");
  else window.location.assign(url);
}

function keyboard(element, state) {
  const voice = document.createElement("output");
  voice.className = "sr";
  element.after(voice);
  let at = -1;
  const point = (to) => {
    const { chart, marks } = state;
    if (marks[at]) chart.dispatchAction({ type: "downplay", seriesIndex: marks[at].index, dataIndex: marks[at].at });
    at = to;
    const mark = marks[at];
    if (!mark) return chart.dispatchAction({ type: "hideTip" });
    chart.dispatchAction({ type: "highlight", seriesIndex: mark.index, dataIndex: mark.at });
    chart.dispatchAction({ type: "showTip", seriesIndex: mark.index, dataIndex: mark.at });
    voice.textContent = `${mark.name}: ${written(mark.value, state.spec)}`;
  };
  element.addEventListener("keydown", (event) => {
    const { marks } = state;
    if (event.key === "ArrowRight" || event.key === "ArrowDown") point((at + 1) % marks.length);
    else if (event.key === "ArrowLeft" || event.key === "ArrowUp") point(at <= 0 ? marks.length - 1 : at - 1);
    else if (event.key === "Enter" && marks[at]) visit(marks[at].url, event);
    else if (event.key === "Escape" && at >= 0) point(-1);
    else return;
    event.preventDefault();
  });
  element.addEventListener("blur", () => at >= 0 && point(-1));
}

async function begin(element) {
  if (charts.has(element)) return;
  const spec = JSON.parse(document.getElementById(element.dataset.chart).textContent);
  if (!KINDS[spec.type]) throw new Error(`chart ${element.id}: no type ${spec.type}`);
  const state = { spec, chart: null, marks: [] };
  charts.set(element, state);
  library ??= import(document.body.dataset.echarts);
  const echarts = await library;
  state.chart = echarts.init(element, null, { renderer: "canvas" });
  draw(element);
  state.chart.on("click", (mark) => visit(mark.data?.url, mark.event?.event));
  keyboard(element, state);
  element.dataset.drawn = "";
  let width = element.clientWidth;
  new ResizeObserver(() => {
    if (!element.isConnected) {
      state.chart.dispose();
      charts.delete(element);
    } else if (element.clientWidth !== width) {
      width = element.clientWidth;
      state.chart.resize();
      if (state.spec.type === "heatmap") draw(element);
    }
  }).observe(element);
}

const near = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (!entry.isIntersecting) continue;
    near.unobserve(entry.target);
    begin(entry.target);
  }
}, { rootMargin: "300px" });

/** Draw the charts within an element as they come near the window. */
export function observe(root) {
  root.querySelectorAll("[data-chart]").forEach((element) => near.observe(element));
}

function redraw() {
  for (const [element, state] of charts) if (state.chart) draw(element);
}
document.addEventListener("dangol:theme", redraw);
window.matchMedia("print").addEventListener("change", redraw); // on paper the tokens are those of light
