"""Electricity demand: consumption and prices in Denmark."""

from tidegate import Loading
from tidegate_examples.electricity.denmark import CONSUMPTION_FILES, DEMAND, PRICE_FILES, PRICES, demand, prices

LOADS = (
    Loading(CONSUMPTION_FILES, DEMAND, "consumption", demand),
    Loading(PRICE_FILES, PRICES, "prices", prices),
)
