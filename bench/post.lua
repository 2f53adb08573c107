-- wrk script: each thread sends its own share of the bodies in a file, each body once.
local thread_number = 0
function setup(thread)
  thread:set("id", thread_number)
  thread_number = thread_number + 1
end
function init(args)
  bodies, place = {}, 0
  local file, threads, n = args[1], tonumber(args[2]), 0
  for line in io.lines(file) do
    if n % threads == id then bodies[#bodies + 1] = line end
    n = n + 1
  end
end
function request()
  place = place % #bodies + 1
  local headers = {["Content-Type"] = "application/x-www-form-urlencoded"}
  return wrk.format("POST", nil, headers, bodies[place])
end
