// What stands on the page that no text may bring there, and which names of the window were taken over.
(names, ours) => {
  const foreign = [
    "script, iframe, frame, frameset, object, embed, applet, portal, base, meta, link, style, template, plaintext, xmp",
    "img, image, picture, source, track, video, audio, map, area, marquee, use, foreignObject, animate, set, feImage",
    "annotation-xml, maction, mglyph",
  ].join();
  const never = /^(on.*|srcdoc|srcset|ping|formaction|http-equiv|background|poster|xlink:href|imagesizes|manifest|is)$/i;
  const leads = /^(src|href|action|data|cite|longdesc)$/i;
  const sound = /^(https?:\/\/[^/]|[/#](?!\/))/i;
  const turned = /[\u202d\u202e]/;
  const all = [...document.body.querySelectorAll("*")];
  const prose = [...document.querySelectorAll(".prose *")];

  const isWrong = ({ name, value }) => never.test(name) || (leads.test(name) && !sound.test(value));
  const isUnsafe = (one) => [...one.attributes].some(isWrong);
  const isTurned = (one) =>
    !one.matches("pre.code") && [...one.childNodes, ...one.attributes].some((part) => turned.test(part.nodeValue));
  const isTold = (one) => ["noopener", "noreferrer", "nofollow"].every((word) => one.relList.contains(word));
  const isAbroad = (one) => one.localName === "a" && one.hasAttribute("href") && one.origin !== location.origin && !isTold(one);
  const isMark = (one) => one.closest("math, .remark, sup[data-mark]") || one.matches(".sources > li");
  const isNamed = (one) =>
    ["id", "name", "style", "form", "slot", "part", ...(one.localName === "a" ? [] : ["target", "title"])]
      .some((name) => one.hasAttribute(name)) && !isMark(one);
  const isDressed = (one) => [...one.classList].some((name) => !ours.test(name)) && !one.closest("math, button");
  const isForeign = (one) =>
    one.matches(foreign) || one.matches(".prose :is(form, input, select, textarea, svg, noscript)");
  const isHead = (one) =>
    one.matches("base, meta:not([http-equiv=Content-Security-Policy]), [rel=preconnect], [rel=dns-prefetch]")
    || (!one.matches("meta") && new URL(one.href || one.src, location.href).origin !== location.origin);

  const head = [...document.head.querySelectorAll("link, script, base, meta[http-equiv]")].filter(isHead);
  const wrong = all.filter((one) => isUnsafe(one) || isTurned(one) || isAbroad(one) || isForeign(one));
  const odd = prose.filter((one) => isNamed(one) || isDressed(one));
  const taken = names.filter((name) => window[name] !== undefined || {}[name] !== undefined);
  const lost = ["getElementById", "querySelector", "createElement"].filter(
    (name) => typeof document[name] !== "function" || Object.hasOwn(document, name),
  );
  const found = new Set([...wrong, ...odd, ...head]);
  return [...[...found].map((one) => one.outerHTML.slice(0, 200)), ...taken, ...lost, ...Object.keys(Object.prototype)];
}
