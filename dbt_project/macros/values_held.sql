{# The value of a dated field on a day: of the entries up to that day, the last one. The first entry (number 0) held
   before everything, whatever its date. An aggregate over a child's states; without any entry `_U`. #}
{% macro value_held(field, day) -%}
    coalesce(arg_max(value, entry_no) filter (where field = '{{ field }}' and (entry_no = 0 or since <= {{ day }})), '_U')
{%- endmacro %}
