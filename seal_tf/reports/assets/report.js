// Draw the interactive charts over their static figures, in the colors of the
// page. Without this script, and in print, the static figures show.
"use strict";

(() => {
  const MEDIA = window.matchMedia("(prefers-color-scheme: dark)");
  const drawn = new Set();

  function color(name) {
    const style = getComputedStyle(document.documentElement);
    return style.getPropertyValue(`--${name}`).trim();
  }

  function themed(layout, width) {
    const axis = {
      gridcolor: color("grid"),
      linecolor: color("muted"),
      zerolinecolor: color("muted"),
      automargin: true,
      zeroline: false,
    };
    const result = {
      ...layout,
      autosize: true,
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      font: {
        family: "system-ui, sans-serif",
        size: width < 500 ? 11 : 13,
        color: color("ink"),
      },
      hoverlabel: {
        bgcolor: color("background"),
        font: { color: color("ink") },
        namelength: -1,
      },
      legend: {
        orientation: "h",
        x: 0,
        y: 1.01,
        yanchor: "bottom",
        bgcolor: "rgba(0,0,0,0)",
      },
      margin: { l: 50, r: 8, t: 10, b: 40 },
      modebar: {
        color: color("muted"),
        activecolor: color("ink"),
        bgcolor: "rgba(0,0,0,0)",
      },
      shapes: (layout.shapes || []).map((shape) => ({
        ...shape,
        fillcolor: color("shade"),
        line: { ...shape.line, color: color("muted") },
      })),
    };
    for (const name of Object.keys(layout)) {
      if (/^[xy]axis\d*$/.test(name)) {
        result[name] = { ...axis, ...layout[name] };
        result[name].title = { ...layout[name].title, font: { size: 13 } };
      }
    }
    return result;
  }

  function draw(element) {
    const source = document.getElementById(`data-${element.id}`);
    const chart = JSON.parse(source.textContent);
    element.hidden = false;
    const figure = element.closest("figure");
    Plotly.react(element, chart.data, themed(chart.layout, figure.clientWidth), {
      responsive: true,
      displaylogo: false,
      // Without the buttons that would send the chart to a server.
      modeBarButtons: [["zoom2d", "pan2d", "resetScale2d", "toImage"]],
    });
    figure.classList.add("drawn");
    drawn.add(element);
  }

  // A chart in a folded section has no width until the section opens.
  function isFolded(element) {
    return element.closest("details:not([open])") !== null;
  }

  function drawVisible() {
    for (const element of document.querySelectorAll(".interactive")) {
      if (!drawn.has(element) && !isFolded(element)) draw(element);
    }
  }

  for (const details of document.querySelectorAll("details")) {
    details.addEventListener("toggle", drawVisible);
  }
  MEDIA.addEventListener("change", () => drawn.forEach(draw));

  // Print the folded sections, too.
  let opened = [];
  window.addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    for (const details of opened) details.open = true;
  });
  window.addEventListener("afterprint", () => {
    for (const details of opened) details.open = false;
  });

  drawVisible();
})();
